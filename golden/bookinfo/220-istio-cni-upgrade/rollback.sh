#!/bin/sh
# 220-istio-cni-upgrade: back to the state before it
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
istioctl=${ISTIOCTL_1_18_0_alpha_0:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.18.0-alpha.0 >/dev/null 2>&1; then
    istioctl="istioctl-1.18.0-alpha.0"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.18.0-alpha.0 on the path, or its path into ISTIOCTL_1_18_0_alpha_0"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.18.0-alpha.0 ] || fail "$istioctl is version $found; this step needs 1.18.0-alpha.0, in ISTIOCTL_1_18_0_alpha_0 or as istioctl-1.18.0-alpha.0"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-18-1 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-18-1 is left in istio-system' no_pods_before_1

istioctl install -f "$here"/rollback/istioctl/istio-cni.yaml --skip-confirmation

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.18.0-alpha.0 | *:1.18.0-alpha.0-* | *:1.18.0-alpha.0@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.18.0-alpha.0" ;;
esac

kubectl rollout status daemonset/istio-cni-node -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

probed_3() {
  body=$(curl -sS -m 10 -w '\n%{http_code}' -- http://172.18.255.202/productpage) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = 200 ] || return 1
  printf '%s\n' "$body" | sed '$d' | grep -qF -- '<title>Simple Bookstore App</title>'
}
simulated 'probe product page' ||
  within 60 'probe product page' probed_3

echo '220-istio-cni-upgrade: rolled back'
