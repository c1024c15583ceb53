#!/bin/sh
# 100-stable-ztunnel: ztunnel on every node without meshplan.dev/pool=canary
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

# Some fields of an object that somebody else made, whoever has them now; it is not made where it is not there.
kubectl get -f "$here"/server-side/40-daemonset-istio-system-ztunnel.yaml -o name >/dev/null
kubectl apply --server-side --field-manager=meshplan --force-conflicts -f "$here"/server-side/40-daemonset-istio-system-ztunnel.yaml

echo '100-stable-ztunnel: applied. Next: sh 100-stable-ztunnel/verify.sh'
