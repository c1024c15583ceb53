#!/bin/sh
# 610-retire-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-30-3' covers meshplan.dev/pool=stable ztunnel-1-30-3 istio-system
apply \
  "$here"/rollback/30-service-shop-1-30-3-web.yaml \
  "$here"/rollback/40-deployment-shop-1-30-3-web.yaml \
  "$here"/rollback/60-referencegrant-shop-1-30-3-routes-to-web.yaml
rolled_out deployment web shop-1-30-3
simulated 'every pod of shop-1-30-3 is part of the mesh' || within 120 'every pod of shop-1-30-3 is part of the mesh' captured shop-1-30-3

say '610-retire-workloads: rolled back'
