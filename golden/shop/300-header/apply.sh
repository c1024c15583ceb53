#!/bin/sh
# 300-header: requests with x-canary: yes to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-30-3/web has a ready endpoint' served web shop-1-30-3
apply \
  "$here"/70-httproute-ingress-web.yaml

say '300-header: applied. Next: sh 300-header/verify.sh'
