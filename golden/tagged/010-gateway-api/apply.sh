#!/bin/sh
# 010-gateway-api: Gateway API CRDs v1.4.1, standard channel, are there
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

# Somebody else installs these CRDs; both control planes have to be able to read them.
annotations=$(kubectl get crd gateways.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}')
[ "$annotations" = 'v1.4.1 standard' ] || fail "the cluster has the Gateway API CRDs '$annotations', not v1.4.1 standard; have them installed, or write what is there into [gateway-api]"

echo '010-gateway-api: applied. Next: sh 010-gateway-api/verify.sh'
