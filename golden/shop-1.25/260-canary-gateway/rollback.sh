#!/bin/sh
# 260-canary-gateway: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

detached ingress/front-1-25-5
delete \
  "$here"/rollback/delete/65-gateway-ingress-front-1-25-5.yaml

say '260-canary-gateway: rolled back'
