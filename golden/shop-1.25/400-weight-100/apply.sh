#!/bin/sh
# 400-weight-100: 100 % of requests to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-25-5/web has a ready endpoint' served web shop-1-25-5
apply \
  "$here"/70-httproute-ingress-web-1-25-5.yaml \
  "$here"/70-httproute-ingress-web.yaml

say '400-weight-100: applied. Next: sh 400-weight-100/verify.sh'
