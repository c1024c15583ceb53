#!/bin/sh
# 510-routes-to-canary: routes to the canary alone
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-20-8/web has a ready endpoint' served web shop-1-20-8
apply \
  "$here"/70-httproute-ingress-web.yaml

say '510-routes-to-canary: applied. Next: sh 510-routes-to-canary/verify.sh'
