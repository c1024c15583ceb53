#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.29.6
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

label=$(kubectl get namespace shop-1-29-6 --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ -z "$label" ] || fail "namespace shop-1-29-6 is part of the mesh"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/40-daemonset-istio-system-ztunnel-1-29-6.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml

echo '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
