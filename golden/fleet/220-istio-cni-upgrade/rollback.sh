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

no_pods_before_1() {
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-30-3 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-30-3 is left in istio-system' no_pods_before_1

# Helm release istio-system/istio-cni would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.29.6" ;;
esac
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
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

image=$(kubectl get daemonset/istio-cni-node -n istio-system -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:1.29.6 | *:1.29.6-* | *:1.29.6@*) ;;
  *) fail "daemonset istio-system/istio-cni-node runs $image, not 1.29.6" ;;
esac

settled_2() {
  found=$(kubectl get daemonset istio-cni-node -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/istio-cni-node replaces no pod by itself, and all of its pods are ready' settled_2

echo 'stays: istio-cni'\''s ConfigMap and roles, as the newer version has them'
echo '220-istio-cni-upgrade: rolled back'
