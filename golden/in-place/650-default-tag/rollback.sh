#!/bin/sh
# 650-default-tag: back to the state before it
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

owner=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/rev}')
case $owner in
  '' | 1-31-0)
    kubectl delete --ignore-not-found --timeout=5m \
      -f "$here"/rollback/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
      -f "$here"/rollback/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml \
      -f "$here"/rollback/delete/30-service-istio-system-istiod-revision-tag-default.yaml
    ;;
  *) echo "the tag default belongs to revision $owner by now and stays" ;;
esac

echo '650-default-tag: rolled back'
