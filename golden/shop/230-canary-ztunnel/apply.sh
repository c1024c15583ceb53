#!/bin/sh
# 230-canary-ztunnel: ztunnel 1.30.3 on the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

only_ztunnels istio-system/ztunnel-1-29-6 istio-system/ztunnel-1-30-3
apply \
  "$here"/10-serviceaccount-istio-system-ztunnel-1-30-3.yaml \
  "$here"/40-daemonset-istio-system-ztunnel-1-30-3.yaml

say '230-canary-ztunnel: applied. Next: sh 230-canary-ztunnel/verify.sh'
