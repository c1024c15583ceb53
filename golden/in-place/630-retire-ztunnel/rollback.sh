#!/bin/sh
# 630-retire-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

restore \
  "$here"/rollback/restore/10-serviceaccount-istio-system-ztunnel.yaml \
  "$here"/rollback/restore/40-daemonset-istio-system-ztunnel.yaml
apply \
  "$here"/rollback/40-daemonset-istio-system-ztunnel-1-31-0.yaml
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled ztunnel istio-system
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covers meshplan.dev/pool=canary ztunnel-1-31-0 istio-system

say '630-retire-ztunnel: rolled back'
