#!/bin/sh
# 560-default-validator: whether it has done its work
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

services=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={range .webhooks[*]}{.clientConfig.service.name}{"\n"}{end}' | sort -u)
[ "$services" = istiod-1-30-3 ] || fail "istiod-default-validator asks '$services', not istiod-1-30-3"
revision=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-30-3 ] || fail "istiod-default-validator is for revision '$revision', not 1-30-3"

echo '560-default-validator: verified'
