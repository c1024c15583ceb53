#!/bin/sh
# 520-gateway-owner: gateways to revision 1-31-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/65-gateway-ingress-front.yaml

say '520-gateway-owner: applied. Next: sh 520-gateway-owner/verify.sh'
