#!/bin/sh
# 010-gateway-api: Gateway API CRDs v1.4.1, standard channel
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

# CRDs are never taken back, and their channel never changes.
annotation() {
  kubectl get crd gateways.gateway.networking.k8s.io --ignore-not-found -o "jsonpath={.metadata.annotations.gateway\.networking\.k8s\.io/$1}"
}
bundle=$(annotation bundle-version)
channel=$(annotation channel)
if [ -n "$bundle" ]; then
  [ "$channel" = standard ] || fail "the cluster has the Gateway API CRDs of the $channel channel and the plan says standard; write channel = \"$channel\" into [gateway-api]"
  oldest=$(printf '%s\n' "$bundle" v1.4.1 | sort -t . -k 1.2,1n -k 2,2n -k 3,3n | head -n 1)
  [ "$oldest" = "$bundle" ] || fail "the cluster has the Gateway API bundle $bundle, which is newer than v1.4.1; write bundle = \"$bundle\" into [gateway-api]"
fi
stored=$(kubectl get crd referencegrants.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.status.storedVersions}')
case $stored in
  *v1alpha2*) fail "ReferenceGrants may be stored as v1alpha2, which v1.4.1 no longer has; write from = \"$bundle\" into [gateway-api] and compile again, which makes the steps that rewrite them" ;;
esac

kubectl apply --server-side -k "$here"/kustomize/
kubectl wait crd/gatewayclasses.gateway.networking.k8s.io crd/gateways.gateway.networking.k8s.io crd/httproutes.gateway.networking.k8s.io crd/referencegrants.gateway.networking.k8s.io --for=condition=Established --timeout=1m

echo '010-gateway-api: applied. Next: sh 010-gateway-api/verify.sh'
