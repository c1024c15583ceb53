#!/bin/sh
# 260-canary-gateway: a second gateway, front-1-25-5
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/65-gateway-ingress-front-1-25-5.yaml

say '260-canary-gateway: applied. Next: sh 260-canary-gateway/verify.sh'
