#!/bin/sh
# 110-istio-cni: back to the state before it
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

label=$(kubectl get namespace bookinfo-1-18-0-alpha-0 --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ -z "$label" ] || fail "namespace bookinfo-1-18-0-alpha-0 is part of the mesh"

label=$(kubectl get namespace bookinfo-1-18-1 --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ -z "$label" ] || fail "namespace bookinfo-1-18-1 is part of the mesh"

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/rollback/delete/50-istiooperator-istio-system-installed-state-istio-cni.yaml \
  -f "$here"/rollback/delete/40-daemonset-istio-system-istio-cni-node.yaml \
  -f "$here"/rollback/delete/20-configmap-istio-system-istio-cni-config.yaml \
  -f "$here"/rollback/delete/15-clusterrole-istio-cni.yaml \
  -f "$here"/rollback/delete/15-clusterrole-istio-cni-repair-role.yaml \
  -f "$here"/rollback/delete/15-clusterrolebinding-istio-cni.yaml \
  -f "$here"/rollback/delete/15-clusterrolebinding-istio-cni-repair-rolebinding.yaml \
  -f "$here"/rollback/delete/10-serviceaccount-istio-system-istio-cni.yaml

echo '110-istio-cni: rolled back'
