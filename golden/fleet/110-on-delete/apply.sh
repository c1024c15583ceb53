#!/bin/sh
# 110-on-delete: istio-cni-node and ztunnel replace no pod by themselves
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

strategy=$(kubectl get daemonset istio-cni-node -n istio-system -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail 'DaemonSet istio-system/istio-cni-node replaces pods by itself'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/istio-cni:'
  echo 'helm upgrade istio-cni istio/cni --namespace istio-system --version 1.29.6 --reset-then-reuse-values --values - <<'\''EOF'\'''
  echo updateStrategy:
  echo '  type: OnDelete'
  echo EOF
  asked=yes
else
  echo 'Helm release istio-system/istio-cni: the change is there'
fi

# Helm release istio-system/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

strategy=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail 'DaemonSet istio-system/ztunnel replaces pods by itself'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/ztunnel:'
  echo 'helm upgrade ztunnel istio/ztunnel --namespace istio-system --version 1.29.6 --reset-then-reuse-values --values - <<'\''EOF'\'''
  echo updateStrategy:
  echo '  type: OnDelete'
  echo EOF
  asked=yes
else
  echo 'Helm release istio-system/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '110-on-delete: applied. Next: sh 110-on-delete/verify.sh'
