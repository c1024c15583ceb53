#!/bin/sh
# 190-enrolment: back to the state before it
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

kubectl apply \
  -f "$here"/rollback/00-namespace-bookinfo-1-29-6.yaml

label=$(kubectl get namespace bookinfo-1-29-6 -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ "$label" = '' ] || fail "namespace bookinfo-1-29-6 has istio.io/dataplane-mode=$label, not ''"

probed_2() {
  body=$(curl -sS -m 10 -w '\n%{http_code}' -- http://172.18.255.202/productpage) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | sed '$d' | grep -qF -- '<title>Simple Bookstore App</title>'
}
simulated 'probe product page' ||
  within 60 'probe product page' probed_2

echo '190-enrolment: rolled back'
