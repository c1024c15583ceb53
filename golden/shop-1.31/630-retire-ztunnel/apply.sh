#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.30.3
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace shop-1-30-3
delete \
  "$here"/delete/40-daemonset-istio-system-ztunnel-1-30-3.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-30-3.yaml

say '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
