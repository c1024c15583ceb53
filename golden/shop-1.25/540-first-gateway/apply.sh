#!/bin/sh
# 540-first-gateway: gateway front goes
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

clients_moved front front-1-25-5
delete \
  "$here"/delete/70-httproute-ingress-web.yaml \
  "$here"/delete/65-gateway-ingress-front.yaml

say '540-first-gateway: applied. Next: sh 540-first-gateway/verify.sh'
