#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.18.0-alpha.0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace bookinfo-1-18-0-alpha-0
delete \
  "$here"/delete/40-daemonset-istio-system-ztunnel-1-18-0-alpha-0.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-18-0-alpha-0.yaml

say '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
