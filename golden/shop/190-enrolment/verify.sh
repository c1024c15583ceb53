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

# answers NAME VALUE: whether the headers of an answer on standard input have this one.
answers() {
  header=$1 value=$2 awk '
    { sub(/\r$/, "") }
    $0 == "" { exit }
    tolower(substr($0, 1, index($0, ":") - 1)) == ENVIRON["header"] {
      own = substr($0, index($0, ":") + 1)
      gsub(/^[ \t]+|[ \t]+$/, "", own)
      if (own == ENVIRON["value"]) found = 1
    }
    END { exit !found }'
}

# What stands behind the headers.
without_headers() {
  awk 'body { print } { sub(/\r$/, "") } $0 == "" { body = 1 }'
}

label=$(kubectl get namespace shop-1-29-6 -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ "$label" = ambient ] || fail "namespace shop-1-29-6 has istio.io/dataplane-mode=$label, not 'ambient'"

captured_2() {
  pods=$(kubectl get pods -n shop-1-29-6 --field-selector=status.phase=Running -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || return 1
  # Name, true for a pod of its node's network, which never is part of the mesh, and what istio-cni says of the pod.
  printf '%s\n' "$pods" | awk 'NF && $2 != "true" { all++; if (NF > 1 && $NF == "enabled") taken++ } END { exit !(all == taken) }'
}
simulated 'every pod of shop-1-29-6 is part of the mesh' ||
  within 120 'every pod of shop-1-29-6 is part of the mesh' captured_2

probed_3() {
  body=$(curl -sS -m 10 -i -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart' ||
  within 60 'probe cart' probed_3

echo '190-enrolment: verified'
