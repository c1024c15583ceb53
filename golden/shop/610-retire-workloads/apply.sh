#!/bin/sh
# 610-retire-workloads: the workloads in shop-1-29-6
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

# Whoever wrote the route, and whatever the weight.
routed=$(kubectl get httproutes.gateway.networking.k8s.io -A -o 'jsonpath={range .items[*].spec.rules[*].backendRefs[*]}{.namespace}{"\n"}{end}')
for namespace in $routed; do
  case $namespace in
    shop-1-29-6) fail "an HTTPRoute still names a Service in $namespace" ;;
  esac
done

kubectl delete --ignore-not-found --timeout=5m \
  -f "$here"/delete/60-referencegrant-shop-1-29-6-routes-to-web.yaml \
  -f "$here"/delete/40-deployment-shop-1-29-6-web.yaml \
  -f "$here"/delete/30-service-shop-1-29-6-web.yaml

echo '610-retire-workloads: applied. Next: sh 610-retire-workloads/verify.sh'
