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
istioctl=${ISTIOCTL_1_30_3:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.30.3 >/dev/null 2>&1; then
    istioctl="istioctl-1.30.3"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.30.3 on the path, or its path into ISTIOCTL_1_30_3"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.30.3 ] || fail "$istioctl is version $found; this step needs 1.30.3, in ISTIOCTL_1_30_3 or as istioctl-1.30.3"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-31-0 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-31-0 is left in istio-system' no_pods_before_1

istioctl install -f "$here"/rollback/istioctl/istio-cni.yaml --skip-confirmation

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.30.3" ;;
esac

kubectl rollout status daemonset/istio-cni-node -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

echo '220-istio-cni-upgrade: rolled back'
