#!/bin/sh
# 230-canary-ztunnel: ztunnel 1.29.6 for the nodes that move
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

# A ztunnel that the plan does not know would share nodes with the plan's own.
ztunnels=$(kubectl get daemonsets -A -o 'jsonpath={range .items[?(@.spec.selector.matchLabels.app=="ztunnel")]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}')
for ztunnel in $ztunnels; do
  case $ztunnel in
    istio-system/ztunnel | istio-system/ztunnel-1-29-6) ;;
    *) fail "the cluster has a ztunnel that the plan does not know, DaemonSet $ztunnel; a node must not have two" ;;
  esac
done

kubectl apply \
  -f "$here"/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml \
  -f "$here"/40-daemonset-istio-system-ztunnel-1-29-6.yaml

echo '230-canary-ztunnel: applied. Next: sh 230-canary-ztunnel/verify.sh'
