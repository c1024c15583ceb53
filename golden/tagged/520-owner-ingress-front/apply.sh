#!/bin/sh
# 520-owner-ingress-front: Gateway ingress/front to the canary
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

# Argo CD application edge would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

label=$(kubectl get gateway.gateway.networking.k8s.io front -n ingress -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$label" = 1-29-6 ] || fail 'gateway.gateway.networking.k8s.io ingress/front does not carry istio.io/rev=1-29-6'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Argo CD application edge:'
  echo 'Gateway ingress/front, wherever it is written:'
  echo metadata:
  echo '  labels:'
  echo '    istio.io/rev: "1-29-6"'
  asked=yes
else
  echo 'Argo CD application edge: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '520-owner-ingress-front: applied. Next: sh 520-owner-ingress-front/verify.sh'
