#!/bin/sh
# 530-default-tag: whether it has done its work
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

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-30-3 ] || fail "the tag default points to '$revision', not to 1-30-3"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-30-3 ] || fail "the Service of the tag default is of '$revision', not of 1-30-3"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-30-3 ] || fail "istiod-default-validator calls '$service', not istiod-1-30-3"

probed_2() {
  body=$(curl -sS -m 10 -i -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart' ||
  within 60 'probe cart' probed_2

echo '530-default-tag: verified'
