#!/bin/sh
# 630-retire-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

rolled_out deployment istiod-1-24-6 istio-system
apply \
  "$here"/rollback/10-serviceaccount-istio-system-ztunnel-1-24-6.yaml \
  "$here"/rollback/40-daemonset-istio-system-ztunnel-1-24-6.yaml
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-24-6' covers meshplan.dev/pool=stable ztunnel-1-24-6 istio-system

say '630-retire-ztunnel: rolled back'
