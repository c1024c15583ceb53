#!/bin/sh
# 530-default-tag: back to the state before it
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

# istioctl installs its own version, so only this one will do.
istioctl=${ISTIOCTL_1_29_6:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.29.6 >/dev/null 2>&1; then
    istioctl="istioctl-1.29.6"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.29.6 on the path, or its path into ISTIOCTL_1_29_6"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.29.6 ] || fail "$istioctl is version $found; this step needs 1.29.6, in ISTIOCTL_1_29_6 or as istioctl-1.29.6"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

istioctl tag set default --revision 1-29-6 --overwrite --skip-confirmation

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-29-6 ] || fail "the tag default points to '$revision', not to 1-29-6"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-29-6 ] || fail "the Service of the tag default is of '$revision', not of 1-29-6"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-29-6 ] || fail "istiod-default-validator calls '$service', not istiod-1-29-6"

probed_2() {
  body=$(curl -sS -m 10 -i -w '\n%{http_code}' -- http://shop.example/cart) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | answers content-type text/html || return 1
}
simulated 'probe cart' ||
  within 60 'probe cart' probed_2

echo '530-default-tag: rolled back'
