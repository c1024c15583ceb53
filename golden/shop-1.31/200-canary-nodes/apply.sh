#!/bin/sh
# 200-canary-nodes: green-1 to the canary pool
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

label=$(kubectl get node green-1 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
case $label in
  '' | canary) ;;
  *) fail "node green-1 carries meshplan.dev/pool=$label already; the ztunnel and the pods of that pool would lose it" ;;
esac

kubectl get node green-1 -o name >/dev/null
# A node that has the label already keeps it when one goes back.
label=$(kubectl get node green-1 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ -n "$label" ] || kubectl annotate node green-1 meshplan.dev/labelled-by=shop-1.31 --overwrite
kubectl label node green-1 meshplan.dev/pool=canary --overwrite

echo '200-canary-nodes: applied. Next: sh 200-canary-nodes/verify.sh'
