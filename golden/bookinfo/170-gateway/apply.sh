#!/bin/sh
# 170-gateway: gateway bookinfo-gateway
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/65-gateway-istio-system-bookinfo-gateway.yaml

say '170-gateway: applied. Next: sh 170-gateway/verify.sh'
