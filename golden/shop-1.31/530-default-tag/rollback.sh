#!/bin/sh
# 530-default-tag: back to the state before it
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

# istioctl installs its own version, so only this one will do.
istioctl=${ISTIOCTL_1_30_3:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.30.3 >/dev/null 2>&1; then
    istioctl="istioctl-1.30.3"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.30.3 on the path, or its path into ISTIOCTL_1_30_3"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.30.3 ] || fail "$istioctl is version $found; this step needs 1.30.3, in ISTIOCTL_1_30_3 or as istioctl-1.30.3"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

istioctl tag set default --revision 1-30-3 --overwrite --skip-confirmation

revision=$(kubectl get mutatingwebhookconfiguration istio-revision-tag-default -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-30-3 ] || fail "the tag default points to '$revision', not to 1-30-3"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l istio.io/tag=default -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = 1-30-3 ] || fail "the Service of the tag default is of '$revision', not of 1-30-3"
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = istiod-1-30-3 ] || fail "istiod-default-validator calls '$service', not istiod-1-30-3"

echo '530-default-tag: rolled back'
