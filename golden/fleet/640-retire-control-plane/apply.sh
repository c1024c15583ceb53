#!/bin/sh
# 640-retire-control-plane: istiod 1.29.6, revision default
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
  revisions=$(kubectl get deployment internal-istio -n edge -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment internal-istio -n edge -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment edge/internal-istio is of version 1.30.3'; then
  within 300 'Deployment edge/internal-istio is of version 1.30.3' owned_before_1
  kubectl rollout status deployment/internal-istio -n edge --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_2() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment partners-istio -n edge -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment partners-istio -n edge -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment edge/partners-istio is of version 1.30.3'; then
  within 300 'Deployment edge/partners-istio is of version 1.30.3' owned_before_2
  kubectl rollout status deployment/partners-istio -n edge --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_3() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment public-istio -n edge -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment public-istio -n edge -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment edge/public-istio is of version 1.30.3'; then
  within 300 'Deployment edge/public-istio is of version 1.30.3' owned_before_3
  kubectl rollout status deployment/public-istio -n edge --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_4() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-10 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-10 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-10/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-10/own-istio is of version 1.30.3' owned_before_4
  kubectl rollout status deployment/own-istio -n team-10 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_5() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-10 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-10 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-10/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-10/waypoint is of version 1.30.3' owned_before_5
  kubectl rollout status deployment/waypoint -n team-10 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_6() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-20 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-20 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-20/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-20/own-istio is of version 1.30.3' owned_before_6
  kubectl rollout status deployment/own-istio -n team-20 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_7() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-20 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-20 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-20/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-20/waypoint is of version 1.30.3' owned_before_7
  kubectl rollout status deployment/waypoint -n team-20 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_8() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-30 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-30 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-30/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-30/own-istio is of version 1.30.3' owned_before_8
  kubectl rollout status deployment/own-istio -n team-30 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_9() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-30 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-30 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-30/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-30/waypoint is of version 1.30.3' owned_before_9
  kubectl rollout status deployment/waypoint -n team-30 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_10() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-40 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-40 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-40/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-40/own-istio is of version 1.30.3' owned_before_10
  kubectl rollout status deployment/own-istio -n team-40 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_11() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-40 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-40 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-40/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-40/waypoint is of version 1.30.3' owned_before_11
  kubectl rollout status deployment/waypoint -n team-40 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_12() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-50 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-50 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-50/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-50/own-istio is of version 1.30.3' owned_before_12
  kubectl rollout status deployment/own-istio -n team-50 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_13() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-50 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-50 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-50/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-50/waypoint is of version 1.30.3' owned_before_13
  kubectl rollout status deployment/waypoint -n team-50 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_14() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment own-istio -n team-60 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment own-istio -n team-60 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-60/own-istio is of version 1.30.3'; then
  within 300 'Deployment team-60/own-istio is of version 1.30.3' owned_before_14
  kubectl rollout status deployment/own-istio -n team-60 --timeout="${MESHPLAN_WAIT:-300}s"
fi

owned_before_15() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment waypoint -n team-60 -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-30-3 || return 1
  image=$(kubectl get deployment waypoint -n team-60 -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment team-60/waypoint is of version 1.30.3'; then
  within 300 'Deployment team-60/waypoint is of version 1.30.3' owned_before_15
  kubectl rollout status deployment/waypoint -n team-60 --timeout="${MESHPLAN_WAIT:-300}s"
fi

services=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={range .webhooks[*]}{.clientConfig.service.name}{"\n"}{end}' | sort -u)
[ "$services" = istiod-1-30-3 ] || fail "istiod-default-validator asks '$services', not istiod-1-30-3"
revision=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-30-3 ] || fail "istiod-default-validator is for revision '$revision', not 1-30-3"

# Also those that somebody made since the dump was printed.
gateways=$(kubectl get gateways.gateway.networking.k8s.io -A -l 'istio.io/rev!=1-30-3' -o 'jsonpath={range .items[*]}{.spec.gatewayClassName} {.metadata.namespace}/{.metadata.name}{"\n"}{end}')
classes=$(kubectl get gatewayclasses.gateway.networking.k8s.io -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.controllerName}{"\n"}{end}')
gateways=$(printf '%s\n' "$classes" '' "$gateways" | awk '
  !NF { then = 1 }
  !then { istio[$1] = $2 ~ /^istio\.io\// }
  then && NF && ($1 in istio ? istio[$1] : $1 ~ /^istio/) { print $2 }')
[ -z "$gateways" ] || fail 'these Gateways and waypoints would lose their control plane; label them istio.io/rev=1-30-3 first:' "$gateways"

# Helm release istio-system/istiod would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

left=$(kubectl get --ignore-not-found -o name \
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
  -f "$here"/delete/10-serviceaccount-istio-system-istiod.yaml)
[ -z "$left" ] || fail "not deleted yet:" "$left"
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/istiod:'
  echo 'helm uninstall istiod --namespace istio-system --wait'
  asked=yes
else
  echo 'Helm release istio-system/istiod: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-deployment-default.yaml \
  -f "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-default.yaml

echo '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
