#!/bin/sh
# 610-retire-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/60-referencegrant-bookinfo-1-29-6-routes-to-productpage.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-details-v1.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-ratings-v1.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v1.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v2.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v3.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-productpage-v1.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-sleep.yaml \
  "$here"/delete/40-deployment-bookinfo-1-29-6-notsleep.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-details.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-ratings.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-reviews.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-productpage.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-sleep.yaml \
  "$here"/delete/30-service-bookinfo-1-29-6-notsleep.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-details.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-ratings.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-reviews.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-productpage.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-sleep.yaml \
  "$here"/delete/10-serviceaccount-bookinfo-1-29-6-notsleep.yaml
within 120 'no pod is left in bookinfo-1-29-6' no_pods bookinfo-1-29-6
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '610-retire-workloads: verified'
