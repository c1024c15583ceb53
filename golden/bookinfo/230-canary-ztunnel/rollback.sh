#!/bin/sh
# 230-canary-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace bookinfo-1-18-1
delete \
  "$here"/rollback/delete/40-daemonset-istio-system-ztunnel-1-18-1.yaml \
  "$here"/rollback/delete/10-serviceaccount-istio-system-ztunnel-1-18-1.yaml
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-18-1 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-18-1

say 'stays: istio-cni 1.18.1, as long as a canary ztunnel runs; 220 takes it back afterwards'
say '230-canary-ztunnel: rolled back'
