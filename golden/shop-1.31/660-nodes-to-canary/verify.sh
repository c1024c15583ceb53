#!/bin/sh
# 660-nodes-to-canary: whether it has done its work
# Made by meshplan. Fails where something is not so; changes nothing.
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

label=$(kubectl get node blue-1 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ "$label" = canary ] || fail "node blue-1 does not carry meshplan.dev/pool=canary"
label=$(kubectl get node blue-2 -o 'jsonpath={.metadata.labels.meshplan\.dev/pool}')
[ "$label" = canary ] || fail "node blue-2 does not carry meshplan.dev/pool=canary"

covered_2() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=canary -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-31-0 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covered_2

echo '660-nodes-to-canary: verified'
