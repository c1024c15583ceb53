#!/bin/sh
# 220-istio-cni-upgrade: istio-cni to 1.30.3
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

# Helm release istio-system/istio-cni would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.30.3 | *:1.30.3-* | *:1.30.3@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.30.3" ;;
esac
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/istio-cni:'
  echo 'helm upgrade istio-cni istio/cni --namespace istio-system --version 1.30.3 --reset-then-reuse-values --values - <<'\''EOF'\'''
  echo updateStrategy:
  echo '  type: OnDelete'
  echo EOF
  asked=yes
else
  echo 'Helm release istio-system/istio-cni: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '220-istio-cni-upgrade: applied. Next: sh 220-istio-cni-upgrade/verify.sh'
