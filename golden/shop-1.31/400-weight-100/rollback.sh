#!/bin/sh
# 400-weight-100: back to the state before it
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

served_before_1_1() {
  ready=$(kubectl get endpointslices -n shop-1-30-3 -l kubernetes.io/service-name=web -o 'jsonpath={.items[*].endpoints[*].conditions.ready}') || return 1
  case " $ready " in
    *' true '*) ;;
    *) return 1 ;;
  esac
}
within 60 'Service shop-1-30-3/web has a ready endpoint' served_before_1_1

kubectl apply \
  -f "$here"/rollback/70-httproute-ingress-web.yaml

kubectl diff \
  -f "$here"/rollback/70-httproute-ingress-web.yaml >/dev/null ||
  fail 'the cluster does not have what the files here say'

resolved_2() {
  generation=$(kubectl get httproutes.gateway.networking.k8s.io web -n ingress -o 'jsonpath={.metadata.generation}')
  for condition in Accepted ResolvedRefs; do
    kubectl get httproutes.gateway.networking.k8s.io web -n ingress -o "jsonpath={range .status.parents[?(@.parentRef.name==\"front\")].conditions[?(@.type==\"$condition\")]}{.status} {.observedGeneration}{\"\\n\"}{end}" |
      grep -qx "True $generation" || return 1
  done
}
simulated 'HTTPRoute ingress/web resolves' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved_2

echo '400-weight-100: rolled back'
