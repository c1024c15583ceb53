#!/bin/sh
# 250-canary-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

unrouted bookinfo-1-30-3
delete \
  "$here"/rollback/delete/60-referencegrant-bookinfo-1-30-3-routes-to-productpage.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-details-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-notsleep.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-productpage-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-ratings-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-reviews-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-reviews-v2.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-reviews-v3.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-30-3-sleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-details.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-notsleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-productpage.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-ratings.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-reviews.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-30-3-sleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-bookinfo-details.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-bookinfo-productpage.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-bookinfo-ratings.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-bookinfo-reviews.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-notsleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-30-3-sleep.yaml

say '250-canary-workloads: rolled back'
