#!/bin/sh
# 610-retire-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-29-6' covers meshplan.dev/pool=stable ztunnel-1-29-6 istio-system
apply \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-bookinfo-details.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-bookinfo-productpage.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-bookinfo-ratings.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-bookinfo-reviews.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-29-6-sleep.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-details.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-productpage.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-ratings.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-reviews.yaml \
  "$here"/rollback/30-service-bookinfo-1-29-6-sleep.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-details-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-productpage-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-ratings-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-reviews-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-reviews-v2.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-reviews-v3.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-29-6-sleep.yaml \
  "$here"/rollback/60-referencegrant-bookinfo-1-29-6-routes-to-productpage.yaml
rolled_out deployment details-v1 bookinfo-1-29-6
rolled_out deployment ratings-v1 bookinfo-1-29-6
rolled_out deployment reviews-v1 bookinfo-1-29-6
rolled_out deployment reviews-v2 bookinfo-1-29-6
rolled_out deployment reviews-v3 bookinfo-1-29-6
rolled_out deployment productpage-v1 bookinfo-1-29-6
rolled_out deployment sleep bookinfo-1-29-6
rolled_out deployment notsleep bookinfo-1-29-6
simulated 'every pod of bookinfo-1-29-6 is part of the mesh' || within 120 'every pod of bookinfo-1-29-6 is part of the mesh' captured bookinfo-1-29-6

say '610-retire-workloads: rolled back'
