#!/bin/sh
# 640-retire-control-plane: back to the state before it
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

istioctl install -f "$here"/rollback/istioctl/istiod-1-20-7.yaml --skip-confirmation

image=$(kubectl get deployment/istiod-1-20-7 -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.20.7 | *:1.20.7-* | *:1.20.7@*) ;;
  *) fail "deployment istio-system/istiod-1-20-7 runs $image, not 1.20.7" ;;
esac

kubectl rollout status deployment/istiod-1-20-7 -n istio-system --timeout="${MESHPLAN_WAIT:-300}s"

echo '640-retire-control-plane: rolled back'
