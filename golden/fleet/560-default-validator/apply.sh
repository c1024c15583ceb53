#!/bin/sh
# 560-default-validator: the validation of Istio's objects to istiod-1-30-3
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

# Helm release istio-system/istio-base would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

services=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={range .webhooks[*]}{.clientConfig.service.name}{"\n"}{end}' | sort -u)
[ "$services" = istiod-1-30-3 ] || fail "istiod-default-validator asks '$services', not istiod-1-30-3"
revision=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = 1-30-3 ] || fail "istiod-default-validator is for revision '$revision', not 1-30-3"
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Helm release istio-system/istio-base:'
  echo 'helm upgrade istio-base istio/base --namespace istio-system --version 1.30.3 --reset-then-reuse-values --values - <<'\''EOF'\'''
  echo 'defaultRevision: 1-30-3'
  echo EOF
  asked=yes
else
  echo 'Helm release istio-system/istio-base: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '560-default-validator: applied. Next: sh 560-default-validator/verify.sh'
