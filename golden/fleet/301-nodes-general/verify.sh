#!/bin/sh
# 301-nodes-general: whether it has done its work
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

nodes=$(kubectl get nodes -l 'node.example/group=general,kubernetes.io/os!=windows,meshplan.dev/pool!=canary' -o 'jsonpath={.items[*].metadata.name}')
[ -z "$nodes" ] || fail 'nodes with node.example/group=general do not carry meshplan.dev/pool=canary:' "$nodes"
nodes=$(kubectl get nodes -l 'node.example/group=general,kubernetes.io/os!=windows' -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.meshplan\.dev/moving}{"\n"}{end}')
nodes=$(printf '%s\n' "$nodes" | awk 'NF > 1 { print $1 }')
[ -z "$nodes" ] || fail 'the move of these nodes was not finished; run the step again:' "$nodes"

covered_2() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=canary -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-30-3 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-30-3' covered_2

echo '301-nodes-general: verified'
