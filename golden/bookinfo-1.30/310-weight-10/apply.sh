#!/bin/sh
# 310-weight-10: 10 % of requests to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service bookinfo-1-30-3/productpage has a ready endpoint' served productpage bookinfo-1-30-3
apply \
  "$here"/70-httproute-default-bookinfo.yaml

say '310-weight-10: applied. Next: sh 310-weight-10/verify.sh'
