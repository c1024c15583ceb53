#!/bin/sh
# 650-default-tag: tag default to revision 1-31-0
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

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=istiod,istio.io/rev=default --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=istiod,istio.io/rev=default is left in istio-system' no_pods_before_1

istioctl tag set default --revision 1-31-0 --overwrite --skip-confirmation

echo '650-default-tag: applied. Next: sh 650-default-tag/verify.sh'
