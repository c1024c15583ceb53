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

# istioctl installs its own version, so only this one will do.
istioctl=${ISTIOCTL_1_20_7:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.20.7 >/dev/null 2>&1; then
    istioctl="istioctl-1.20.7"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.20.7 on the path, or its path into ISTIOCTL_1_20_7"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.20.7 ] || fail "$istioctl is version $found; this step needs 1.20.7, in ISTIOCTL_1_20_7 or as istioctl-1.20.7"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

istioctl tag set default --revision 1-20-7 --overwrite --skip-confirmation

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-20-7 ] || fail "the tag default points to '$revision', not to 1-20-7"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-20-7 ] || fail "the Service of the tag default is of '$revision', not of 1-20-7"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-20-7 ] || fail "istiod-default-validator calls '$service', not istiod-1-20-7"

owned_2() {
  image=$(kubectl get deployment front-istio -n ingress -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:1.20.7 | *:1.20.7-* | *:1.20.7@*) ;;
    *) return 1 ;;
  esac
}
if ! simulated 'Deployment ingress/front-istio is of version 1.20.7'; then
  within 300 'Deployment ingress/front-istio is of version 1.20.7' owned_2
  kubectl rollout status deployment/front-istio -n ingress --timeout="${MESHPLAN_WAIT:-300}s"
fi

echo '530-default-tag: rolled back'
