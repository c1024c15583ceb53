#!/bin/sh
# 270-canary-gateway-routes: routes on front-1-25-5 as well
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-24-6/web has a ready endpoint' served web shop-1-24-6
apply \
  "$here"/70-httproute-ingress-web-1-25-5.yaml

say '270-canary-gateway-routes: applied. Next: sh 270-canary-gateway-routes/verify.sh'
