#!/bin/sh
# 630-retire-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml
matches \
  "$here"/40-daemonset-istio-system-ztunnel-1-29-6.yaml
within 300 'DaemonSet istio-system/ztunnel-1-29-6 replaces no pod by itself, and all of its pods are ready' settled ztunnel-1-29-6 istio-system

say '630-retire-ztunnel: verified'
