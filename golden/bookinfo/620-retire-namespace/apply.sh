#!/bin/sh
# 620-retire-namespace: namespace bookinfo-1-18-0-alpha-0
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
cd -- "$(dirname -- "$0")"

if [ -e ../.meshplan-pending ]; then
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

pods=$(kubectl get pods -n bookinfo-1-18-0-alpha-0 --ignore-not-found -o name)
[ -z "$pods" ] || fail "namespace bookinfo-1-18-0-alpha-0 still has pods:" "$pods"

kubectl delete --ignore-not-found --timeout=5m \
  -f delete/00-namespace-bookinfo-1-18-0-alpha-0.yaml

echo '620-retire-namespace: applied. Next: sh 620-retire-namespace/verify.sh'
