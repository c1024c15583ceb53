#!/bin/sh
# 100-stable-nodes: back to the state before it
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

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-20-7 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-20-7 is left in istio-system' no_pods_before_1

by=$(kubectl get node blue-1 --ignore-not-found -o 'jsonpath={.metadata.annotations.meshplan\.dev/labelled-by}')
if [ "$by" = shop-1.20 ]; then
  kubectl label node blue-1 meshplan.dev/pool-
  kubectl annotate node blue-1 meshplan.dev/labelled-by-
else
  echo 'node blue-1: meshplan.dev/pool is not this plan'\''s, or the node is gone; nothing to do'
fi
by=$(kubectl get node blue-2 --ignore-not-found -o 'jsonpath={.metadata.annotations.meshplan\.dev/labelled-by}')
if [ "$by" = shop-1.20 ]; then
  kubectl label node blue-2 meshplan.dev/pool-
  kubectl annotate node blue-2 meshplan.dev/labelled-by-
else
  echo 'node blue-2: meshplan.dev/pool is not this plan'\''s, or the node is gone; nothing to do'
fi

echo '100-stable-nodes: rolled back'
