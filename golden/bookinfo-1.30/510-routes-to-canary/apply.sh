#!/bin/sh
# 510-routes-to-canary: routes to the canary alone
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

kubectl apply \
  -f 70-httproute-default-bookinfo.yaml

echo '510-routes-to-canary: applied. Next: sh 510-routes-to-canary/verify.sh'
