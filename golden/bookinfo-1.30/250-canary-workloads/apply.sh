#!/bin/sh
# 250-canary-workloads: bookinfo on the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/10-serviceaccount-bookinfo-1-30-3-bookinfo-details.yaml \
  "$here"/10-serviceaccount-bookinfo-1-30-3-bookinfo-productpage.yaml \
  "$here"/10-serviceaccount-bookinfo-1-30-3-bookinfo-ratings.yaml \
  "$here"/10-serviceaccount-bookinfo-1-30-3-bookinfo-reviews.yaml \
  "$here"/10-serviceaccount-bookinfo-1-30-3-notsleep.yaml \
  "$here"/10-serviceaccount-bookinfo-1-30-3-sleep.yaml \
  "$here"/30-service-bookinfo-1-30-3-details.yaml \
  "$here"/30-service-bookinfo-1-30-3-notsleep.yaml \
  "$here"/30-service-bookinfo-1-30-3-productpage.yaml \
  "$here"/30-service-bookinfo-1-30-3-ratings.yaml \
  "$here"/30-service-bookinfo-1-30-3-reviews.yaml \
  "$here"/30-service-bookinfo-1-30-3-sleep.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-details-v1.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-notsleep.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-productpage-v1.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-ratings-v1.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-reviews-v1.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-reviews-v2.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-reviews-v3.yaml \
  "$here"/40-deployment-bookinfo-1-30-3-sleep.yaml \
  "$here"/60-referencegrant-bookinfo-1-30-3-routes-to-productpage.yaml

say '250-canary-workloads: applied. Next: sh 250-canary-workloads/verify.sh'
