#!/bin/sh
# 190-enrolment: back to the state before it
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

kubectl apply \
  -f "$here"/rollback/00-namespace-shop-1-30-3.yaml

label=$(kubectl get namespace shop-1-30-3 -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ "$label" = '' ] || fail "namespace shop-1-30-3 has istio.io/dataplane-mode=$label, not ''"

echo '190-enrolment: rolled back'
