#!/bin/sh
# 240-canary-namespace: back to the state before it
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

found=$(kubectl get -f "$here"/rollback/delete/00-namespace-bookinfo-1-30-3.yaml --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.annotations.meshplan\.dev/plan} {.metadata.annotations.meshplan\.dev/found-with}')
case $found in
  '') ;;
  *' bookinfo-1.30 ')
    kubectl delete --ignore-not-found --timeout=5m -f "$here"/rollback/delete/00-namespace-bookinfo-1-30-3.yaml
    ;;
  *,*)
    # It was there before the plan, with these labels; the note of that stays.
    namespace=${found%% *}
    found=${found##* }
    mode=${found%%,*}
    manager=${found#*,}
    kubectl label namespace "$namespace" --overwrite istio.io/dataplane-mode"${mode:+=}${mode:--}" app.kubernetes.io/managed-by"${manager:+=}${manager:--}"
    kubectl annotate namespace "$namespace" meshplan.dev/plan-
    echo "namespace $namespace was there before this plan and stays"
    ;;
  *) echo "namespace ${found%% *} is not this plan's and stays" ;;
esac

echo '240-canary-namespace: rolled back'
