#!/bin/sh
# 140-stable-namespace: namespace shop-1-24-6
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

label=$(kubectl get namespace shop-1-24-6 --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ -z "$label" ] || fail "namespace shop-1-24-6 is part of the mesh"

# One that is there already, and not by this plan, is kept when one goes back, with the labels that it has now.
found=$(kubectl get namespace shop-1-24-6 --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.annotations.meshplan\.dev/plan}')
case $found in
  '' | 'shop-1-24-6 shop-1.25') ;;
  *)
    labels=$(kubectl get namespace shop-1-24-6 -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode},{.metadata.labels.app\.kubernetes\.io/managed-by}')
    kubectl annotate namespace shop-1-24-6 meshplan.dev/found-with="$labels" --overwrite
    ;;
esac

kubectl apply \
  -f "$here"/00-namespace-shop-1-24-6.yaml

echo '140-stable-namespace: applied. Next: sh 140-stable-namespace/verify.sh'
