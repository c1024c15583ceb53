#!/bin/sh
# 250-canary-workloads: web on the canary pool
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

kubectl apply \
  -f "$here"/30-service-shop-1-30-3-web.yaml \
  -f "$here"/40-deployment-shop-1-30-3-web.yaml \
  -f "$here"/60-referencegrant-shop-1-30-3-routes-to-web.yaml

echo '250-canary-workloads: applied. Next: sh 250-canary-workloads/verify.sh'
