#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.29.6 goes, ztunnel-1-30-3 is for every node
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

# Helm release istio-system/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

left=$(kubectl get --ignore-not-found -o name \
  -f "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/ztunnel:'
  echo 'helm uninstall ztunnel --namespace istio-system --wait'
  asked=yes
else
  echo 'Helm release istio-system/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

kubectl apply \
  -f "$here"/40-daemonset-istio-system-ztunnel-1-30-3.yaml

echo '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
