#!/bin/sh
# 100-stable-nodes: ambient-worker to the stable pool
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

label=$(kubectl get node ambient-worker -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
case $label in
  '' | stable) ;;
  *) fail "node ambient-worker carries meshplan.dev/pool=$label already; the ztunnel and the pods of that pool would lose it" ;;
esac

kubectl get node ambient-worker -o name >/dev/null
# A node that has the label already keeps it when one goes back.
label=$(kubectl get node ambient-worker -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ -n "$label" ] || kubectl annotate node ambient-worker meshplan.dev/labelled-by=bookinfo --overwrite
kubectl label node ambient-worker meshplan.dev/pool=stable --overwrite

echo '100-stable-nodes: applied. Next: sh 100-stable-nodes/verify.sh'
