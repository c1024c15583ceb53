#!/bin/sh
# 230-canary-ztunnel: back to the state before it
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

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/rollback/delete/40-daemonset-istio-system-ztunnel-1-29-6.yaml \
  -f "$here"/rollback/delete/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml

no_pods_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-29-6 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-29-6 is left in istio-system' no_pods_1

echo 'stays: istio-cni 1.29.6, as long as a canary ztunnel runs; 220 takes it back afterwards'
echo '230-canary-ztunnel: rolled back'
