#!/bin/sh
# 640-retire-control-plane: istiod 1.28.10, revision 1-28-10
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

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-29-6 ] || fail "the tag default points to '$revision', not to 1-29-6"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-29-6 ] || fail "the Service of the tag default is of '$revision', not of 1-29-6"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-29-6 ] || fail "istiod-default-validator calls '$service', not istiod-1-29-6"

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-prod -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-29-6 ] || fail "the tag prod points to '$revision', not to 1-29-6"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=prod -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-29-6 ] || fail "the Service of the tag prod is of '$revision', not of 1-29-6"

owned_before_3() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-29-6 || return 1
  image=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment ingress/front-istio is of version 1.29.6'; then
  within 300 'Deployment ingress/front-istio is of version 1.29.6' owned_before_3
  kubectl rollout status deployment/front-istio -n ingress --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_4() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n shop -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-29-6 || return 1
  image=$(kubectl get deployment waypoint -n shop -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment shop/waypoint is of version 1.29.6'; then
  within 300 'Deployment shop/waypoint is of version 1.29.6' owned_before_4
  kubectl rollout status deployment/waypoint -n shop --timeout="${MESHPLAN_WAIT:-300}s"
fi

# Also those that somebody made since the dump was printed.
gateways=$(kubectl get gateways.gateway.networking.k8s.io -A -l 'istio.io/rev!=1-29-6' -o 'jsonpath={range .items[*]}{.spec.gatewayClassName} {.metadata.namespace}/{.metadata.name}{"\n"}{end}')
classes=$(kubectl get gatewayclasses.gateway.networking.k8s.io -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.controllerName}{"\n"}{end}')
gateways=$(printf '%s\n' "$classes" '' "$gateways" | awk '
  !NF { then = 1 }
  !then { istio[$1] = $2 ~ /^istio\.io\// }
  then && NF && ($1 in istio ? istio[$1] : $1 ~ /^istio/) { print $2 }')
[ -z "$gateways" ] || fail 'these Gateways and waypoints would lose their control plane; label them istio.io/rev=1-29-6 first:' "$gateways"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-28-10.yaml \
  -f "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-28-10-istio-system.yaml \
  -f "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/40-deployment-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/30-service-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/20-configmap-istio-system-values-1-28-10.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-1-28-10.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-28-10.yaml \
  -f "$here"/delete/15-rolebinding-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/15-role-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-28-10-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-28-10-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-28-10-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-clusterrole-1-28-10-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-gateway-controller-1-28-10-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-28-10-istio-system.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-istiod-1-28-10.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-28-10.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-28-10.yaml

echo '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
