#!/bin/sh
# 520-gateway-owner: back to the state before it
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

kubectl apply \
  -f "$here"/rollback/65-gateway-ingress-front.yaml

owned_1() {
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- 1-29-6 || return 1
  image=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment ingress/front-istio is of version 1.29.6'; then
  within 300 'Deployment ingress/front-istio is of version 1.29.6' owned_1
  kubectl rollout status deployment/front-istio -n ingress --timeout="${MESHPLAN_WAIT:-300}s"
fi

probed_2() {
  body=$(curl -sS -m 10 -i -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart' ||
  within 60 'probe cart' probed_2

echo '520-gateway-owner: rolled back'
