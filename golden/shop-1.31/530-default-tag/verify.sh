#!/bin/sh
# 530-default-tag: whether it has done its work
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

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-31-0 ] || fail "the tag default points to '$revision', not to 1-31-0"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-31-0 ] || fail "the Service of the tag default is of '$revision', not of 1-31-0"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-31-0 ] || fail "istiod-default-validator calls '$service', not istiod-1-31-0"

echo '530-default-tag: verified'
