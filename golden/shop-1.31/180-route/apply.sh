#!/bin/sh
# 180-route: routes to the stable workloads
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-30-3/web has a ready endpoint' served web shop-1-30-3
apply \
  "$here"/70-httproute-ingress-web.yaml

say '180-route: applied. Next: sh 180-route/verify.sh'
