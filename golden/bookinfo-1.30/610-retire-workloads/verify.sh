#!/bin/sh
# 610-retire-workloads: whether it has done its work
# Made by meshplan. Fails where something is not so; changes nothing.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -e "$here"/../.meshplan-pending ]; then
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

simulated() {
  [ "${MESHPLAN_SIMULATED:-}" = 1 ] || return 1
  echo "skipped, as nothing runs in a simulated cluster: $1"
}

# within SECONDS WHAT COMMAND: tries the command every other second until it succeeds.
within() {
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until "$@"; do
    [ "$waited" -lt "$limit" ] || fail "not so within $limit seconds: $what"
    sleep 2
    waited=$((waited + 2))
  done
  echo "$what"
}

left=$(kubectl get --ignore-not-found -o name \
  -f "$here"/delete/60-referencegrant-bookinfo-1-29-6-routes-to-productpage.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-details-v1.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-ratings-v1.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v1.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v2.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-reviews-v3.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-productpage-v1.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-sleep.yaml \
  -f "$here"/delete/40-deployment-bookinfo-1-29-6-notsleep.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-details.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-ratings.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-reviews.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-productpage.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-sleep.yaml \
  -f "$here"/delete/30-service-bookinfo-1-29-6-notsleep.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-details.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-ratings.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-reviews.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-bookinfo-productpage.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-sleep.yaml \
  -f "$here"/delete/10-serviceaccount-bookinfo-1-29-6-notsleep.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"

no_pods_2() {
  pods=$(kubectl get pods -n bookinfo-1-29-6 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod is left in bookinfo-1-29-6' no_pods_2

probed_3() {
  body=$(curl -sS -m 10 -w '\n%{http_code}' -- http://172.18.255.202/productpage) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | sed '$d' | grep -qF -- '<title>Simple Bookstore App</title>'
}
simulated 'probe product page' ||
  within 60 'probe product page' probed_3

echo '610-retire-workloads: verified'
