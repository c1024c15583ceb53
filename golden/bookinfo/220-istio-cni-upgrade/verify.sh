#!/bin/sh
# 220-istio-cni-upgrade: whether it has done its work
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

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.18.1 | *:1.18.1-* | *:1.18.1@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.18.1" ;;
esac

kubectl rollout status daemonset/istio-cni-node -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

probed_3() {
  body=$(curl -sS -m 10 -w '\n%{http_code}' -- http://172.18.255.202/productpage) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | sed '$d' | grep -qF -- '<title>Simple Bookstore App</title>'
}
simulated 'probe product page' ||
  within 60 'probe product page' probed_3

echo '220-istio-cni-upgrade: verified'
