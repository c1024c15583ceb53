#!/bin/sh
# 180-route: whether it has done its work
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

kubectl diff \
  -f "$here"/70-httproute-ingress-web.yaml >/dev/null ||
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

echo '180-route: verified'
