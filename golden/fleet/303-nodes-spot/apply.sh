#!/bin/sh
# 303-nodes-spot: node group spot to the canary, by new nodes
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

kubectl apply \
  -f "$here"/50-nodepool-spot-canary.yaml

# Nodes of the group with the label, or without it.
with() {
  kubectl get nodes -l "$1" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || fail "the nodes with $1 cannot be listed"
}
come=node.example/group=spot,meshplan.dev/pool=canary
go='node.example/group=spot,meshplan.dev/pool!=canary'

# Pods of some labels on a node are there and ready: one of them.
ready() {
  conditions=$(kubectl get pods -n istio-system -l "$2" --field-selector "spec.nodeName=$1" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || return 1
  [ "$conditions" = True ]
}

# New nodes are there, and each has what a node of the mesh needs.
joined() {
  nodes=$(with "$come")
  [ -n "$nodes" ] || return 1
  for node in $nodes; do
    ready "$node" k8s-app=istio-cni-node || return 1
    ready "$node" app=ztunnel,meshplan.dev/revision=1-30-3 || return 1
  done
}

old=$(with "$go")
if [ -n "$old" ]; then
  if [ "${MESHPLAN_ON_DEMAND:-}" = yes ]; then
    echo 'not waited for: new nodes, which come when pods wait for them'
  else
    within 900 "new nodes with $come are there, with istio-cni and ztunnel (MESHPLAN_ON_DEMAND=yes where they come only when pods wait for them)" joined
  fi
  # All of them before the first is drained, so that no pod comes to another one that goes.
  for node in $old; do
    kubectl cordon "$node"
  done
  batch=2
  drained=0
  for node in $old; do
    # The server says beforehand which pods it would not evict, and kubectl which ones nobody would make anew.
    kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --dry-run=server --timeout="${MESHPLAN_WAIT:-30}s" ||
      fail "node $node cannot be drained: a PodDisruptionBudget has no room, or a pod has no controller (see above). It stays cordoned, with its ztunnel and its pods; make room, and run this again"
    kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --timeout=300s
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      within 900 "new nodes with $come are there, with istio-cni and ztunnel" joined
      if ! simulated 'a soak of 600 seconds'; then
        waited=0
        while [ "$waited" -lt 600 ]; do
          echo "soak: $waited of 600 seconds"
          sleep 30
          waited=$((waited + 30))
        done
      fi
    fi
  done
fi

gone() {
  left=$(with "$go")
  [ -z "$left" ]
}
within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone

echo '303-nodes-spot: applied. Next: sh 303-nodes-spot/verify.sh'
