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
  ready=$(kubectl get daemonset ztunnel-1-24-6 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-24-6' covered_before_1

kubectl apply \
  -f "$here"/rollback/30-service-shop-1-24-6-web.yaml \
  -f "$here"/rollback/40-deployment-shop-1-24-6-web.yaml \
  -f "$here"/rollback/60-referencegrant-shop-1-24-6-routes-to-web.yaml

kubectl rollout status deployment/web -n shop-1-24-6 --timeout="${MESHPLAN_WAIT:-300}s"

captured_2() {
  pods=$(kubectl get pods -n shop-1-24-6 --field-selector=status.phase=Running -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || return 1
  # Name, true for a pod of its node's network, which never is part of the mesh, and what istio-cni says of the pod.
  printf '%s\n' "$pods" | awk 'NF && $2 != "true" { all++; if (NF > 1 && $NF == "enabled") taken++ } END { exit !(all == taken) }'
}
simulated 'every pod of shop-1-24-6 is part of the mesh' ||
  within 120 'every pod of shop-1-24-6 is part of the mesh' captured_2

echo '610-retire-workloads: rolled back'
