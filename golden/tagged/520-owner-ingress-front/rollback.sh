#!/bin/sh
# 520-owner-ingress-front: back to the state before it
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

# Argo CD application edge would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

label=$(kubectl get gateway.gateway.networking.k8s.io front -n ingress -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$label" = prod ] || fail 'gateway.gateway.networking.k8s.io ingress/front does not carry istio.io/rev=prod'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Argo CD application edge:'
  echo 'Gateway ingress/front, wherever it is written:'
  echo metadata:
  echo '  labels:'
  echo '    istio.io/rev: "prod"'
  asked=yes
else
  echo 'Argo CD application edge: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

owned_1() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-28-10 || return 1
  image=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.28.10 | *:1.28.10-* | *:1.28.10@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment ingress/front-istio is of version 1.28.10'; then
  within 300 'Deployment ingress/front-istio is of version 1.28.10' owned_1
  kubectl rollout status deployment/front-istio -n ingress --timeout="${MESHPLAN_WAIT:-300}s"
fi

echo '520-owner-ingress-front: rolled back'
