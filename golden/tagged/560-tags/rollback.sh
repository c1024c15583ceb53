#!/bin/sh
# 560-tags: back to the state before it
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

# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-default.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-default.yaml
else
  kubectl create -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-default.yaml
fi
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-prod.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-prod.yaml
else
  kubectl create -f "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-prod.yaml
fi
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml
else
  kubectl create -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml
fi
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-prod.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-prod.yaml
else
  kubectl create -f "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-prod.yaml
fi
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/rollback/restore/02-validatingwebhookconfiguration-istiod-default-validator.yaml --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/rollback/restore/02-validatingwebhookconfiguration-istiod-default-validator.yaml
else
  kubectl create -f "$here"/rollback/restore/02-validatingwebhookconfiguration-istiod-default-validator.yaml
fi

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-28-10 ] || fail "the tag default points to '$revision', not to 1-28-10"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-28-10 ] || fail "the Service of the tag default is of '$revision', not of 1-28-10"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-28-10 ] || fail "istiod-default-validator calls '$service', not istiod-1-28-10"

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-prod -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-28-10 ] || fail "the tag prod points to '$revision', not to 1-28-10"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=prod -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-28-10 ] || fail "the Service of the tag prod is of '$revision', not of 1-28-10"

echo '560-tags: rolled back'
