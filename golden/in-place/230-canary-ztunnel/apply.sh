#!/bin/sh
# 230-canary-ztunnel: ztunnel 1.31.0 for the nodes that move
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

only_ztunnels istio-system/ztunnel istio-system/ztunnel-1-31-0
apply \
  "$here"/10-serviceaccount-istio-system-ztunnel-1-31-0.yaml \
  "$here"/40-daemonset-istio-system-ztunnel-1-31-0.yaml

say '230-canary-ztunnel: applied. Next: sh 230-canary-ztunnel/verify.sh'
