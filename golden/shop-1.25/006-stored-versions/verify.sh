#!/bin/sh
# 006-stored-versions: whether it has done its work
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

stored=$(kubectl get crd referencegrants.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.status.storedVersions[*]}')
[ -z "$stored" ] || [ "$stored" = v1beta1 ] || fail "referencegrants.gateway.networking.k8s.io may have objects stored as '$stored', not as v1beta1 alone"

echo '006-stored-versions: verified'
