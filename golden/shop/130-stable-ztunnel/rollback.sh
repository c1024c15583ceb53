#!/bin/sh
# 130-stable-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace shop-1-29-6
delete \
  "$here"/rollback/delete/40-daemonset-istio-system-ztunnel-1-29-6.yaml \
  "$here"/rollback/delete/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-29-6 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-29-6

say '130-stable-ztunnel: rolled back'
