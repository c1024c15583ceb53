#!/bin/sh
# 660-nodes-to-canary: the stable nodes to the canary pool
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

nodes=$(kubectl get nodes -l node.example/pool=blue -o name)
[ -z "$nodes" ] || fail "change the labels of these nodes from node.example/pool=blue to node.example/pool=green where your node pools are configured, then run this again:" "$nodes"

echo '660-nodes-to-canary: applied. Next: sh 660-nodes-to-canary/verify.sh'
