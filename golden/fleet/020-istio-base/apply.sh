#!/bin/sh
# 020-istio-base: Istio's CRDs and shared accounts, 1.30.3
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

# Helm release istio-system/istio-base would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

version=$(kubectl get crd authorizationpolicies.security.istio.io telemetries.telemetry.istio.io virtualservices.networking.istio.io -o 'jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/version}{"\n"}{end}' | sort -u)
[ "$version" = 1.30.3 ] || fail "Istio's CRDs carry app.kubernetes.io/version '$version', not 1.30.3"
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/istio-base:'
  echo 'helm upgrade istio-base istio/base --namespace istio-system --version 1.30.3 --reset-then-reuse-values'
  asked=yes
else
  echo 'Helm release istio-system/istio-base: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '020-istio-base: applied. Next: sh 020-istio-base/verify.sh'
