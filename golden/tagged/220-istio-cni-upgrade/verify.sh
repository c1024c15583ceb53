#!/bin/sh
# 220-istio-cni-upgrade: whether it has done its work
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

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.29.6" ;;
esac

settled_2() {
  found=$(kubectl get daemonset istio-cni-node -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/istio-cni-node replaces no pod by itself, and all of its pods are ready' settled_2

echo '220-istio-cni-upgrade: verified'
