#!/bin/sh
# 400-weight-100: whether it has done its work
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

kubectl diff \
  -f "$here"/70-httproute-ingress-web.yaml >/dev/null ||
  fail 'the cluster does not have what the files here say'

resolved_2() {
  generation=$(kubectl get httproutes.gateway.networking.k8s.io web -n ingress -o 'jsonpath={.metadata.generation}')
  for condition in Accepted ResolvedRefs; do
    kubectl get httproutes.gateway.networking.k8s.io web -n ingress -o "jsonpath={range .status.parents[?(@.parentRef.name==\"front\")].conditions[?(@.type==\"$condition\")]}{.status} {.observedGeneration}{\"\\n\"}{end}" |
      grep -qx "True $generation" || return 1
  done
}
simulated 'HTTPRoute ingress/web resolves' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved_2

probed_3() {
  body=$(curl -sS -m 10 -i -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart' ||
  within 60 'probe cart' probed_3

probed_4() {
  body=$(curl -sS -m 10 -i -H 'x-canary: yes' -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart with x-canary: yes' ||
  within 60 'probe cart with x-canary: yes' probed_4

sampled_5() {
  asked=0
  canary=0
  while [ "$asked" -lt 400 ]; do
    answer=$(curl -sS -m 10 -i -- http://shop.example/cart) || return 1
    if printf '%s\n' "$answer" | answers x-revision 1-30-3; then
      canary=$((canary + 1))
    fi
    asked=$((asked + 1))
  done
  echo 'sample cart:' "the canary answered $canary of $asked"
  [ "$canary" -ge 400 ] && [ "$canary" -le 400 ]
}
simulated 'sample cart: the canary answers 400 of 400' ||
  within 30 'sample cart: the canary answers 400 of 400' sampled_5

sampled_6() {
  asked=0
  canary=0
  while [ "$asked" -lt 20 ]; do
    answer=$(curl -sS -m 10 -i -H 'x-canary: yes' -- http://shop.example/cart) || return 1
    if printf '%s\n' "$answer" | answers x-revision 1-30-3; then
      canary=$((canary + 1))
    fi
    asked=$((asked + 1))
  done
  echo 'sample cart with x-canary: yes:' "the canary answered $canary of $asked"
  [ "$canary" -ge 20 ] && [ "$canary" -le 20 ]
}
simulated 'sample cart with x-canary: yes: the canary answers 20 of 20' ||
  within 30 'sample cart with x-canary: yes: the canary answers 20 of 20' sampled_6

if ! simulated 'soak of 300 seconds'; then
  left=300
  while [ "$left" -gt 0 ]; do
    echo "soaking: $left seconds left"
    nap=$((left < 60 ? left : 60))
    sleep "$nap"
    left=$((left - nap))
    probed_3 || probed_3 || fail 'during the soak: probe cart'
    probed_4 || probed_4 || fail 'during the soak: probe cart with x-canary: yes'
  done
fi

echo '400-weight-100: verified'
