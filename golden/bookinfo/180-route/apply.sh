#!/bin/sh
# 180-route: routes to the stable workloads
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service bookinfo-1-18-0-alpha-0/productpage has a ready endpoint' served productpage bookinfo-1-18-0-alpha-0
apply \
  "$here"/70-httproute-default-bookinfo.yaml

say '180-route: applied. Next: sh 180-route/verify.sh'
