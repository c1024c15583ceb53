#!/bin/sh
# 130-stable-ztunnel: whether it has done its work
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

image=$(kubectl get daemonset/ztunnel-1-30-3 -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "daemonset istio-system/ztunnel-1-30-3 runs $image, not 1.30.3" ;;
esac

kubectl rollout status daemonset/ztunnel-1-30-3 -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

covered_3() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=stable -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-30-3 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-30-3' covered_3

echo '130-stable-ztunnel: verified'
