#!/bin/sh
# 130-stable-ztunnel: ztunnel on every node without meshplan.dev/pool=canary
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
kubectl patch -f "$here"/patch/40-daemonset-istio-system-ztunnel.yaml --type=merge --patch-file="$here"/patch/40-daemonset-istio-system-ztunnel.yaml

echo '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
