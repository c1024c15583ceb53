#!/bin/sh
# 660-nodes-to-canary: back to the state before it
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

# No pod of the mesh may stay on a node that loses its ztunnel.
kubectl cordon blue-1 blue-2
kubectl drain blue-1 blue-2 --ignore-daemonsets --delete-emptydir-data --timeout=10m
kubectl label node blue-1 blue-2 meshplan.dev/pool=stable --overwrite
kubectl uncordon blue-1 blue-2

label=$(kubectl get node blue-1 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ "$label" = stable ] || fail "node blue-1 does not carry meshplan.dev/pool=stable"
label=$(kubectl get node blue-2 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ "$label" = stable ] || fail "node blue-2 does not carry meshplan.dev/pool=stable"

echo '660-nodes-to-canary: rolled back'
