#!/bin/sh
# 521-owner-shop-waypoint: waypoint shop/waypoint to the canary
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

kubectl label gateway.gateway.networking.k8s.io waypoint -n shop istio.io/rev=1-29-6 --overwrite

echo '521-owner-shop-waypoint: applied. Next: sh 521-owner-shop-waypoint/verify.sh'
