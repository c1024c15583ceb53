#!/bin/sh
# 250-canary-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

unrouted shop-1-30-3
delete \
  "$here"/rollback/delete/60-referencegrant-shop-1-30-3-routes-to-web.yaml \
  "$here"/rollback/delete/40-deployment-shop-1-30-3-web.yaml \
  "$here"/rollback/delete/30-service-shop-1-30-3-web.yaml

say '250-canary-workloads: rolled back'
