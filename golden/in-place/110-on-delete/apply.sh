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

# A patch needs to know nothing of who wrote the object before, and changes no other field.
kubectl patch -f "$here"/patch/40-daemonset-istio-system-istio-cni-node.yaml --type=merge --patch-file="$here"/patch/40-daemonset-istio-system-istio-cni-node.yaml

# A patch needs to know nothing of who wrote the object before, and changes no other field.
kubectl patch -f "$here"/patch/40-daemonset-istio-system-ztunnel.yaml --type=merge --patch-file="$here"/patch/40-daemonset-istio-system-ztunnel.yaml

echo '110-on-delete: applied. Next: sh 110-on-delete/verify.sh'
