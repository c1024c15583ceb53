#!/bin/sh
# 630-retire-ztunnel: back to the state before it
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

kubectl rollout status deployment/istiod-1-29-6 -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

kubectl apply \
  -f "$here"/rollback/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml \
  -f "$here"/rollback/40-daemonset-istio-system-ztunnel-1-29-6.yaml

covered_1() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=stable -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-29-6 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-29-6' covered_1

echo '630-retire-ztunnel: rolled back'
