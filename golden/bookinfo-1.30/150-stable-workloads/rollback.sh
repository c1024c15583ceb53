#!/bin/sh
# 150-stable-workloads: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

unrouted bookinfo-1-29-6
delete \
  "$here"/rollback/delete/60-referencegrant-bookinfo-1-29-6-routes-to-productpage.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-details-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-productpage-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-ratings-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-reviews-v1.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-reviews-v2.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-reviews-v3.yaml \
  "$here"/rollback/delete/40-deployment-bookinfo-1-29-6-sleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-details.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-productpage.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-ratings.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-reviews.yaml \
  "$here"/rollback/delete/30-service-bookinfo-1-29-6-sleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-details.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-productpage.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-ratings.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-reviews.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-notsleep.yaml \
  "$here"/rollback/delete/10-serviceaccount-bookinfo-1-29-6-sleep.yaml

say '150-stable-workloads: rolled back'
