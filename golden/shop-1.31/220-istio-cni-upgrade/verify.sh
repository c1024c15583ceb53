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

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.31.0 | *:1.31.0-* | *:1.31.0@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.31.0" ;;
esac

kubectl rollout status daemonset/istio-cni-node -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

echo '220-istio-cni-upgrade: verified'
