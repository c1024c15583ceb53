#!/bin/sh
# 640-retire-control-plane: whether it has done its work
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

# within SECONDS WHAT COMMAND: tries the command every other second until it succeeds.
within() {
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until "$@"; do
    [ "$waited" -lt "$limit" ] || fail "not so within $limit seconds: $what"
    sleep 2
    waited=$((waited + 2))
  done
  echo "$what"
}

left=$(kubectl get --ignore-not-found -o name \
  -f "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-30-3.yaml \
  -f "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-30-3-istio-system.yaml \
  -f "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/40-deployment-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/30-service-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/20-configmap-istio-system-values-1-30-3.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-1-30-3.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-30-3.yaml \
  -f "$here"/delete/15-rolebinding-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/15-role-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-30-3-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-gateway-controller-1-30-3-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-istiod-1-30-3.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-30-3.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-30-3.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"

no_pods_2() {
  pods=$(kubectl get pods -n istio-system -l app=istiod,istio.io/rev=1-30-3 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=istiod,istio.io/rev=1-30-3 is left in istio-system' no_pods_2

kubectl rollout status deployment/istiod-1-31-0 -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

echo '640-retire-control-plane: verified'
