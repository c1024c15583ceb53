#!/bin/sh
# 170-gateway: back to the state before it
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

attached=$(kubectl get httproutes.gateway.networking.k8s.io -A -o 'jsonpath={range .items[*]}{.metadata.namespace}{range .spec.parentRefs[*]} {.kind}:{.namespace}/{.name}{end}{"\n"}{end}')
printf '%s\n' "$attached" | while read -r own parents; do
  for parent in $parents; do
    # A parent is a Gateway of the route's own namespace, unless it says otherwise.
    kind=${parent%%:*}
    namespace=${parent#*:}
    name=${namespace#*/}
    namespace=${namespace%%/*}
    case "${kind:-Gateway} ${namespace:-$own}/$name" in
      'Gateway istio-system/bookinfo-gateway') fail "an HTTPRoute in $own is still attached to Gateway $name" ;;
    esac
  done
done

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/rollback/delete/65-gateway-istio-system-bookinfo-gateway.yaml

echo '170-gateway: rolled back'
