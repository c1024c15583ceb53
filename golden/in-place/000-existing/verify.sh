#!/bin/sh
# 000-existing: whether it has done its work
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

image=$(kubectl get deployment/istiod -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "deployment istio-system/istiod runs $image, not 1.30.3" ;;
esac

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.30.3" ;;
esac

image=$(kubectl get daemonset/ztunnel -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "daemonset istio-system/ztunnel runs $image, not 1.30.3" ;;
esac

echo '000-existing: verified'
