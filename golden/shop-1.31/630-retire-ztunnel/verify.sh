#!/bin/sh
# 630-retire-ztunnel: whether it has done its work
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

left=$(kubectl get --ignore-not-found -o name \
  -f "$here"/delete/40-daemonset-istio-system-ztunnel-1-30-3.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-30-3.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"

no_pods_2() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-30-3 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-30-3 is left in istio-system' no_pods_2

covered_3() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=canary -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-31-0 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covered_3

echo '630-retire-ztunnel: verified'
