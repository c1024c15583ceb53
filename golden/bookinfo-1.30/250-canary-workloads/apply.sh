#!/bin/sh
# 250-canary-workloads: bookinfo on the canary pool
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
cd -- "$(dirname -- "$0")"

if [ -e ../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

fail() {
  echo "meshplan: $*" >&2
  exit 1
}

kubectl() {
  command "${KUBECTL:-kubectl}" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} "$@"
}

kubectl apply \
  -f 10-serviceaccount-bookinfo-1-30-3-bookinfo-details.yaml \
  -f 10-serviceaccount-bookinfo-1-30-3-bookinfo-productpage.yaml \
  -f 10-serviceaccount-bookinfo-1-30-3-bookinfo-ratings.yaml \
  -f 10-serviceaccount-bookinfo-1-30-3-bookinfo-reviews.yaml \
  -f 10-serviceaccount-bookinfo-1-30-3-notsleep.yaml \
  -f 10-serviceaccount-bookinfo-1-30-3-sleep.yaml \
  -f 30-service-bookinfo-1-30-3-details.yaml \
  -f 30-service-bookinfo-1-30-3-notsleep.yaml \
  -f 30-service-bookinfo-1-30-3-productpage.yaml \
  -f 30-service-bookinfo-1-30-3-ratings.yaml \
  -f 30-service-bookinfo-1-30-3-reviews.yaml \
  -f 30-service-bookinfo-1-30-3-sleep.yaml \
  -f 40-deployment-bookinfo-1-30-3-details-v1.yaml \
  -f 40-deployment-bookinfo-1-30-3-notsleep.yaml \
  -f 40-deployment-bookinfo-1-30-3-productpage-v1.yaml \
  -f 40-deployment-bookinfo-1-30-3-ratings-v1.yaml \
  -f 40-deployment-bookinfo-1-30-3-reviews-v1.yaml \
  -f 40-deployment-bookinfo-1-30-3-reviews-v2.yaml \
  -f 40-deployment-bookinfo-1-30-3-reviews-v3.yaml \
  -f 40-deployment-bookinfo-1-30-3-sleep.yaml \
  -f 60-referencegrant-bookinfo-1-30-3-routes-to-productpage.yaml

echo '250-canary-workloads: applied. Next: sh 250-canary-workloads/verify.sh'
