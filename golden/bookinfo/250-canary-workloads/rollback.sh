#!/bin/sh
# 250-canary-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

unrouted bookinfo-1-18-1
delete \
  "$here"/rollback/delete/60-referencegrant-bookinfo-1-18-1-routes-to-productpage.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-details-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-notsleep.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-productpage-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-ratings-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-reviews-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-reviews-v2.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-reviews-v3.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-18-1-sleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-details.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-notsleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-productpage.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-ratings.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-reviews.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-18-1-sleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-bookinfo-details.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-bookinfo-productpage.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-bookinfo-ratings.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-bookinfo-reviews.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-notsleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-18-1-sleep.yaml

say '250-canary-workloads: rolled back'
