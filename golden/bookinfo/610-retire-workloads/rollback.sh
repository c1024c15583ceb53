#!/bin/sh
# 610-retire-workloads: back to the state before it
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
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

covered_before_1() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=stable -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-18-0-alpha-0 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-18-0-alpha-0' covered_before_1

kubectl apply \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-details.yaml \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-productpage.yaml \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-ratings.yaml \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-bookinfo-reviews.yaml \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  -f "$here"/rollback/10-serviceaccount-bookinfo-1-18-0-alpha-0-sleep.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-details.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-productpage.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-ratings.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-reviews.yaml \
  -f "$here"/rollback/30-service-bookinfo-1-18-0-alpha-0-sleep.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-details-v1.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-notsleep.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-productpage-v1.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-ratings-v1.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v1.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v2.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-reviews-v3.yaml \
  -f "$here"/rollback/40-deployment-bookinfo-1-18-0-alpha-0-sleep.yaml \
  -f "$here"/rollback/60-referencegrant-bookinfo-1-18-0-alpha-0-routes-to-productpage.yaml

kubectl rollout status deployment/details-v1 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/ratings-v1 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v1 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v2 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v3 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/productpage-v1 -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/sleep -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/notsleep -n bookinfo-1-18-0-alpha-0 --timeout="${MESHPLAN_WAIT:-300}s"

captured_9() {
  pods=$(kubectl get pods -n bookinfo-1-18-0-alpha-0 --field-selector=status.phase=Running -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || return 1
  # Name, true for a pod of its node's network, which never is part of the mesh, and what istio-cni says of the pod.
  printf '%s\n' "$pods" | awk 'NF && $2 != "true" { all++; if (NF > 1 && $NF == "enabled") taken++ } END { exit !(all == taken) }'
}
simulated 'every pod of bookinfo-1-18-0-alpha-0 is part of the mesh' ||
  within 120 'every pod of bookinfo-1-18-0-alpha-0 is part of the mesh' captured_9

echo '610-retire-workloads: rolled back'
