#!/bin/sh
# 170-gateway: whether it has done its work
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

kubectl diff \
  -f "$here"/65-gateway-ingress-front.yaml >/dev/null ||
  fail 'the cluster does not have what the files here say'

simulated 'Gateway ingress/front is Accepted' ||
  kubectl wait gateways.gateway.networking.k8s.io/front -n ingress --for=condition=Accepted --timeout="${MESHPLAN_WAIT:-300}s"

echo '170-gateway: verified'
