#!/bin/sh
# 540-first-gateway: gateway front goes
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

# Nobody but you can know this: DNS records, and clients that keep an address.
[ "${MESHPLAN_CLIENTS_MOVED:-}" = yes ] || simulated 'clients have moved' ||
  fail 'move the clients of front to front-1-25-5 first (their DNS records), then run this with MESHPLAN_CLIENTS_MOVED=yes'

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/70-httproute-ingress-web.yaml \
  -f "$here"/delete/65-gateway-ingress-front.yaml

echo '540-first-gateway: applied. Next: sh 540-first-gateway/verify.sh'
