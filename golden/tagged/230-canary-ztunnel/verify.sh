#!/bin/sh
# 230-canary-ztunnel: whether it has done its work
# Made by meshplan. Fails where something is not so; changes nothing.
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

kubectl diff \
  -f "$here"/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml \
  -f "$here"/40-daemonset-istio-system-ztunnel-1-29-6.yaml >/dev/null ||
  fail 'the cluster does not have what the files here say'

echo '230-canary-ztunnel: verified'
