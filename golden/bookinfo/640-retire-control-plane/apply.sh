#!/bin/sh
# 640-retire-control-plane: istiod 1.18.0-alpha.0, revision 1-18-0-alpha-0
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

simulated() {
  [ "${MESHPLAN_SIMULATED:-}" = 1 ] || return 1
  echo "skipped, as nothing runs in a simulated cluster: $1"
}

# Without its control plane a new pod of the gateway would never become ready, and waiting for it would never end.
istiod=$(kubectl get deployment istiod-1-18-0-alpha-0 -n istio-system --ignore-not-found -o name)
[ -z "$istiod" ] || simulated 'Deployment istio-system/bookinfo-gateway-istio' ||
  kubectl rollout status deployment/bookinfo-gateway-istio -n istio-system --timeout=2m

owner=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/rev}')
case $owner in
  '' | 1-18-0-alpha-0)
    kubectl delete --ignore-not-found --timeout=5m \
      -f "$here"/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
      -f "$here"/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml
    ;;
  *) echo "the tag default belongs to revision $owner by now and stays" ;;
esac

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-18-0-alpha-0.yaml \
  -f "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/50-poddisruptionbudget-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/40-deployment-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/30-service-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-1-18-0-alpha-0.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-18-0-alpha-0.yaml \
  -f "$here"/delete/15-rolebinding-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/15-role-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-clusterrole-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-gateway-controller-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-18-0-alpha-0-istio-system.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-istiod-1-18-0-alpha-0.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-18-0-alpha-0.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-18-0-alpha-0.yaml \
  -f "$here"/delete/50-istiooperator-istio-system-installed-state-istiod-1-18-0-alpha-0-1-18-0-alpha-0.yaml

echo '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
