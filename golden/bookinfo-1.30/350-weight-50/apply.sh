#!/bin/sh
# 350-weight-50: 50 % of requests to the canary
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

echo '350-weight-50: applied. Next: sh 350-weight-50/verify.sh'
