#!/bin/sh
# 640-retire-control-plane: istiod 1.30.3, revision default
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

owned_before_1() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-31-0 || return 1
  image=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.31.0 | *:1.31.0-* | *:1.31.0@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment ingress/front-istio is of version 1.31.0'; then
  within 300 'Deployment ingress/front-istio is of version 1.31.0' owned_before_1
  kubectl rollout status deployment/front-istio -n ingress --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_2() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n shop -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-31-0 || return 1
  image=$(kubectl get deployment waypoint -n shop -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.31.0 | *:1.31.0-* | *:1.31.0@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment shop/waypoint is of version 1.31.0'; then
  within 300 'Deployment shop/waypoint is of version 1.31.0' owned_before_2
  kubectl rollout status deployment/waypoint -n shop --timeout="${MESHPLAN_WAIT:-300}s"
fi

# Also those that somebody made since the dump was printed.
gateways=$(kubectl get gateways.gateway.networking.k8s.io -A -l 'istio.io/rev!=1-31-0' -o 'jsonpath={range .items[*]}{.spec.gatewayClassName} {.metadata.namespace}/{.metadata.name}{"\n"}{end}')
classes=$(kubectl get gatewayclasses.gateway.networking.k8s.io -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.controllerName}{"\n"}{end}')
gateways=$(printf '%s\n' "$classes" '' "$gateways" | awk '
  !NF { then = 1 }
  !then { istio[$1] = $2 ~ /^istio\.io\// }
  then && NF && ($1 in istio ? istio[$1] : $1 ~ /^istio/) { print $2 }')
[ -z "$gateways" ] || fail 'these Gateways and waypoints would lose their control plane; label them istio.io/rev=1-31-0 first:' "$gateways"

owner=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/rev}')
case $owner in
  '' | default)
    kubectl delete --ignore-not-found --timeout=5m \
      -f "$here"/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
      -f "$here"/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml \
      -f "$here"/delete/30-service-istio-system-istiod-revision-tag-default.yaml
    ;;
  *) echo "the tag default belongs to revision $owner by now and stays" ;;
esac

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector.yaml \
  -f "$here"/delete/02-validatingwebhookconfiguration-istio-validator-istio-system.yaml \
  -f "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod.yaml \
  -f "$here"/delete/40-deployment-istio-system-istiod.yaml \
  -f "$here"/delete/30-service-istio-system-istiod.yaml \
  -f "$here"/delete/20-configmap-istio-system-values.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio.yaml \
  -f "$here"/delete/20-configmap-istio-system-istio-sidecar-injector.yaml \
  -f "$here"/delete/15-rolebinding-istio-system-istiod.yaml \
  -f "$here"/delete/15-role-istio-system-istiod.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-clusterrole-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-istio-system.yaml \
  -f "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-clusterrole-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istiod-gateway-controller-istio-system.yaml \
  -f "$here"/delete/15-clusterrole-istio-reader-clusterrole-istio-system.yaml \
  -f "$here"/delete/10-serviceaccount-istio-system-istiod.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-default.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-default.yaml

echo '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
