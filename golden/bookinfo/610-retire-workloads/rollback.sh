#!/bin/sh
# 610-retire-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-18-0-alpha-0' covers meshplan.dev/pool=stable ztunnel-1-18-0-alpha-0 istio-system
apply \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-details.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-productpage.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-ratings.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-reviews.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-sleep.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-details.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-productpage.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-ratings.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-reviews.yaml \
  "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-sleep.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-details-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-productpage-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-ratings-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v1.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v2.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v3.yaml \
  "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-sleep.yaml \
  "$here"/rollback/60-referencegrant-bookinfo-1-18-0-alpha-0-routes-to-productpage.yaml
rolled_out deployment details-v1 bookinfo-1-18-0-alpha-0
rolled_out deployment ratings-v1 bookinfo-1-18-0-alpha-0
rolled_out deployment reviews-v1 bookinfo-1-18-0-alpha-0
rolled_out deployment reviews-v2 bookinfo-1-18-0-alpha-0
rolled_out deployment reviews-v3 bookinfo-1-18-0-alpha-0
rolled_out deployment productpage-v1 bookinfo-1-18-0-alpha-0
rolled_out deployment sleep bookinfo-1-18-0-alpha-0
rolled_out deployment notsleep bookinfo-1-18-0-alpha-0
simulated 'every pod of bookinfo-1-18-0-alpha-0 is part of the mesh' || within 120 'every pod of bookinfo-1-18-0-alpha-0 is part of the mesh' captured bookinfo-1-18-0-alpha-0

say '610-retire-workloads: rolled back'
