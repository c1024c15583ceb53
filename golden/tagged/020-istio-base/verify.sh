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

echo '020-istio-base: verified'
