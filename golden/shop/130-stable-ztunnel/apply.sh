#!/bin/sh
# 130-stable-ztunnel: ztunnel 1.29.6 on the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

only_ztunnels istio-system/ztunnel-1-29-6 istio-system/ztunnel-1-30-3
apply \
  "$here"/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml \
  "$here"/40-daemonset-istio-system-ztunnel-1-29-6.yaml

say '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
