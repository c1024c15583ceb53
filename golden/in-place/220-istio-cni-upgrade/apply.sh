#!/bin/sh
# 220-istio-cni-upgrade: istio-cni to 1.31.0
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
istioctl=${ISTIOCTL_1_31_0:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.31.0 >/dev/null 2>&1; then
    istioctl="istioctl-1.31.0"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.31.0 on the path, or its path into ISTIOCTL_1_31_0"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.31.0 ] || fail "$istioctl is version $found; this step needs 1.31.0, in ISTIOCTL_1_31_0 or as istioctl-1.31.0"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

# istioctl waits until every pod is of the new template, and under OnDelete none is replaced: what it wrote is looked at instead.
istioctl install -f "$here"/istioctl/istio-cni.yaml --skip-confirmation --readiness-timeout 5s ||
  echo 'istioctl ended with an error, as it does when no pod is replaced; what it wrote is looked at'

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.31.0 | *:1.31.0-* | *:1.31.0@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.31.0" ;;
esac

echo '220-istio-cni-upgrade: applied. Next: sh 220-istio-cni-upgrade/verify.sh'
