#!/bin/sh
# 210-canary-control-plane: back to the state before it
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

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-30-3 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-30-3 is left in istio-system' no_pods_before_1

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-29-6 ] || fail "the tag default points to '$revision', not to 1-29-6"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-29-6 ] || fail "the Service of the tag default is of '$revision', not of 1-29-6"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-29-6 ] || fail "istiod-default-validator calls '$service', not istiod-1-29-6"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/rollback/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-30-3.yaml \
  -f "$here"/rollback/delete/02-validatingwebhookconfiguration-istio-validator-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/50-horizontalpodautoscaler-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/50-lease-istio-system-istio-gateway-deployment-1-30-3.yaml \
  -f "$here"/rollback/delete/50-lease-istio-system-istio-gateway-status-leader-1-30-3.yaml \
  -f "$here"/rollback/delete/50-poddisruptionbudget-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/40-deployment-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/30-service-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/20-configmap-istio-system-istio-1-30-3.yaml \
  -f "$here"/rollback/delete/20-configmap-istio-system-istio-sidecar-injector-1-30-3.yaml \
  -f "$here"/rollback/delete/20-configmap-istio-system-values-1-30-3.yaml \
  -f "$here"/rollback/delete/15-clusterrole-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-clusterrole-istiod-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-clusterrole-istiod-gateway-controller-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-clusterrolebinding-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-clusterrolebinding-istiod-clusterrole-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-clusterrolebinding-istiod-gateway-controller-1-30-3-istio-system.yaml \
  -f "$here"/rollback/delete/15-role-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/15-rolebinding-istio-system-istiod-1-30-3.yaml \
  -f "$here"/rollback/delete/10-serviceaccount-istio-system-istiod-1-30-3.yaml

echo '210-canary-control-plane: rolled back'
