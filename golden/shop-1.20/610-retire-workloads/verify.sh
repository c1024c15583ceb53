#!/bin/sh
# 610-retire-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/60-referencegrant-shop-1-20-7-routes-to-web.yaml \
  "$here"/delete/40-deployment-shop-1-20-7-web.yaml \
  "$here"/delete/30-service-shop-1-20-7-web.yaml
within 120 'no pod is left in shop-1-20-7' no_pods shop-1-20-7

say '610-retire-workloads: verified'
