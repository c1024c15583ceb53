#!/bin/sh
# 150-stable-workloads: bookinfo on the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/10-serviceaccount-bookinfo-1-29-6-bookinfo-details.yaml \
  "$here"/10-serviceaccount-bookinfo-1-29-6-bookinfo-productpage.yaml \
  "$here"/10-serviceaccount-bookinfo-1-29-6-bookinfo-ratings.yaml \
  "$here"/10-serviceaccount-bookinfo-1-29-6-bookinfo-reviews.yaml \
  "$here"/10-serviceaccount-bookinfo-1-29-6-notsleep.yaml \
  "$here"/10-serviceaccount-bookinfo-1-29-6-sleep.yaml \
  "$here"/30-service-bookinfo-1-29-6-details.yaml \
  "$here"/30-service-bookinfo-1-29-6-notsleep.yaml \
  "$here"/30-service-bookinfo-1-29-6-productpage.yaml \
  "$here"/30-service-bookinfo-1-29-6-ratings.yaml \
  "$here"/30-service-bookinfo-1-29-6-reviews.yaml \
  "$here"/30-service-bookinfo-1-29-6-sleep.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-details-v1.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-notsleep.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-productpage-v1.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-ratings-v1.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-reviews-v1.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-reviews-v2.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-reviews-v3.yaml \
  "$here"/40-deployment-bookinfo-1-29-6-sleep.yaml \
  "$here"/60-referencegrant-bookinfo-1-29-6-routes-to-productpage.yaml

say '150-stable-workloads: applied. Next: sh 150-stable-workloads/verify.sh'
