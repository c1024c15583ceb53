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

kubectl get node blue-1 blue-2 -o name >/dev/null
# A node that has the label already keeps it when one goes back.
label=$(kubectl get node blue-1 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ -n "$label" ] || kubectl annotate node blue-1 meshplan.dev/labelled-by=shop-1.20 --overwrite
# A node that has the label already keeps it when one goes back.
label=$(kubectl get node blue-2 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ -n "$label" ] || kubectl annotate node blue-2 meshplan.dev/labelled-by=shop-1.20 --overwrite
kubectl label node blue-1 blue-2 meshplan.dev/pool=canary --overwrite

echo '660-nodes-to-canary: applied. Next: sh 660-nodes-to-canary/verify.sh'
