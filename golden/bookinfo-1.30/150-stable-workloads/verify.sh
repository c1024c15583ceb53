#!/bin/sh
# 150-stable-workloads: whether it has done its work
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

kubectl rollout status deployment/details-v1 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/ratings-v1 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v1 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v2 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/reviews-v3 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/productpage-v1 -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/sleep -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

kubectl rollout status deployment/notsleep -n bookinfo-1-29-6 --timeout="${MESHPLAN_WAIT:-300}s"

echo '150-stable-workloads: verified'
