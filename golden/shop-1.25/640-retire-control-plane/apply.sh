#!/bin/sh
# 640-retire-control-plane: istiod 1.24.6, revision 1-24-6
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

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-25-5 ] || fail "the tag default points to '$revision', not to 1-25-5"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-25-5 ] || fail "the Service of the tag default is of '$revision', not of 1-25-5"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-25-5 ] || fail "istiod-default-validator calls '$service', not istiod-1-25-5"

gateway=$(kubectl get gateways.gateway.networking.k8s.io front -n ingress --ignore-not-found -o name)
[ -z "$gateway" ] || fail "Gateway ingress/front is still there, and its control plane would go"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-24-6.yaml \
  -f "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-24-6-istio-system.yaml \
  -f "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/50-poddisruptionbudget-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/40-deployment-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/30-service-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-1-24-6.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-24-6.yaml \
  -f "$here"/delete/15-rolebinding-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/15-role-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-24-6-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-24-6-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-24-6-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-clusterrole-1-24-6-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-gateway-controller-1-24-6-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-24-6-istio-system.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-istiod-1-24-6.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-24-6.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-24-6.yaml

echo '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
