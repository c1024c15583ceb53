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

# Flux's HelmRelease mesh/istio-cni would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

strategy=$(kubectl get daemonset istio-cni-node -n istio-system -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail 'DaemonSet istio-system/istio-cni-node replaces pods by itself'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Flux'\''s HelmRelease mesh/istio-cni:'
  echo "in HelmRelease mesh/istio-cni: \`spec.chart.spec.version: 1.28.10\`"
  echo "and under \`spec.values\`:"
  echo '  updateStrategy:'
  echo '    type: OnDelete'
  echo 'commit it; flux reconcile helmrelease istio-cni --namespace mesh --with-source'
  asked=yes
else
  echo 'Flux'\''s HelmRelease mesh/istio-cni: the change is there'
fi

# Flux's HelmRelease mesh/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

strategy=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail 'DaemonSet istio-system/ztunnel replaces pods by itself'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Flux'\''s HelmRelease mesh/ztunnel:'
  echo "in HelmRelease mesh/ztunnel: \`spec.chart.spec.version: 1.28.10\`"
  echo "and under \`spec.values\`:"
  echo '  updateStrategy:'
  echo '    type: OnDelete'
  echo 'commit it; flux reconcile helmrelease ztunnel --namespace mesh --with-source'
  asked=yes
else
  echo 'Flux'\''s HelmRelease mesh/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '110-on-delete: applied. Next: sh 110-on-delete/verify.sh'
