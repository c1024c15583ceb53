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

# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/10-serviceaccount-istio-system-ztunnel.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/10-serviceaccount-istio-system-ztunnel.yaml
else
  kubectl create -f "$here"/rollback/restore/10-serviceaccount-istio-system-ztunnel.yaml
fi
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/40-daemonset-istio-system-ztunnel.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/40-daemonset-istio-system-ztunnel.yaml
else
  kubectl create -f "$here"/rollback/restore/40-daemonset-istio-system-ztunnel.yaml
fi

kubectl apply \
  -f "$here"/rollback/40-daemonset-istio-system-ztunnel-1-31-0.yaml

settled_1() {
  found=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled_1

covered_2() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=canary -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-31-0 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covered_2

echo '630-retire-ztunnel: rolled back'
