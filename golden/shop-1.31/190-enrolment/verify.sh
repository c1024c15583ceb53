#!/bin/sh
# 190-enrolment: whether it has done its work
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

label=$(kubectl get namespace shop-1-30-3 -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ "$label" = ambient ] || fail "namespace shop-1-30-3 has istio.io/dataplane-mode=$label, not 'ambient'"

captured_2() {
  pods=$(kubectl get pods -n shop-1-30-3 --field-selector=status.phase=Running -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || return 1
  # Name, true for a pod of its node's network, which never is part of the mesh, and what istio-cni says of the pod.
  printf '%s\n' "$pods" | awk 'NF && $2 != "true" { all++; if (NF > 1 && $NF == "enabled") taken++ } END { exit !(all == taken) }'
}
simulated 'every pod of shop-1-30-3 is part of the mesh' ||
  within 120 'every pod of shop-1-30-3 is part of the mesh' captured_2

echo '190-enrolment: verified'
