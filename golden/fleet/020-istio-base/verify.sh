#!/bin/sh
# 020-istio-base: whether it has done its work
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

kubectl wait crd/authorizationpolicies.security.istio.io crd/telemetries.telemetry.istio.io crd/virtualservices.networking.istio.io --for=condition=Established --timeout=1m

version=$(kubectl get crd authorizationpolicies.security.istio.io telemetries.telemetry.istio.io virtualservices.networking.istio.io -o 'jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/version}{"\n"}{end}' | sort -u)
[ "$version" = 1.30.3 ] || fail "Istio's CRDs carry app.kubernetes.io/version '$version', not 1.30.3"

echo '020-istio-base: verified'
