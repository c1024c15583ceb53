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
  -f "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"

kubectl diff \
  -f "$here"/40-daemonset-istio-system-ztunnel-1-29-6.yaml >/dev/null ||
  fail 'the cluster does not have what the files here say'

settled_3() {
  found=$(kubectl get daemonset ztunnel-1-29-6 -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/ztunnel-1-29-6 replaces no pod by itself, and all of its pods are ready' settled_3

echo '630-retire-ztunnel: verified'
