#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.30.3 goes, ztunnel-1-31-0 is for every node
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

nodes=$(kubectl get nodes -l 'kubernetes.io/os!=windows,meshplan.dev/pool!=canary' -o 'jsonpath={.items[*].metadata.name}')
[ -z "$nodes" ] || fail 'nodes do not carry meshplan.dev/pool=canary:' "$nodes"
nodes=$(kubectl get nodes -l 'kubernetes.io/os!=windows' -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.meshplan\.dev/moving}{"\n"}{end}')
nodes=$(printf '%s\n' "$nodes" | awk 'NF > 1 { print $1 }')
[ -z "$nodes" ] || fail 'the move of these nodes was not finished; run the step again:' "$nodes"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml

kubectl apply \
  -f "$here"/40-daemonset-istio-system-ztunnel-1-31-0.yaml

echo '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
