#!/bin/sh
# 610-retire-workloads: the workloads in shop-1-29-6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

unrouted shop-1-29-6
delete \
  "$here"/delete/60-referencegrant-shop-1-29-6-routes-to-web.yaml \
  "$here"/delete/40-deployment-shop-1-29-6-web.yaml \
  "$here"/delete/30-service-shop-1-29-6-web.yaml

say '610-retire-workloads: applied. Next: sh 610-retire-workloads/verify.sh'
