#!/bin/sh
# 006-stored-versions: referencegrants stored anew
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

stored=$(kubectl get crd referencegrants.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.status.storedVersions[*]}')
if [ -n "$stored" ] && [ "$stored" != v1beta1 ]; then
  case " $stored " in
    *' v1beta1 '*) ;;
    *) fail 'referencegrants.gateway.networking.k8s.io stores nothing as v1beta1 yet; apply the step before this one first' ;;
  esac
  # Written again, an object is stored in the version that the CRD stores now.
  objects=$(kubectl get referencegrants.gateway.networking.k8s.io -A -o name)
  [ -z "$objects" ] || kubectl get referencegrants.gateway.networking.k8s.io -A -o json | kubectl replace -f -
  kubectl patch crd referencegrants.gateway.networking.k8s.io --subresource=status --type=merge -p '{"status":{"storedVersions":["v1beta1"]}}'
fi

echo '006-stored-versions: applied. Next: sh 006-stored-versions/verify.sh'
