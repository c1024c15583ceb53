#!/bin/sh
# 620-retire-namespace: namespace bookinfo-1-18-0-alpha-0
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

# within SECONDS WHAT COMMAND: tries the command every other second until it succeeds.
within() {
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until "$@"; do
    [ "$waited" -lt "$limit" ] || fail "not so within $limit seconds: $what"
    sleep 2
    waited=$((waited + 2))
  done
  echo "$what"
}

no_pods_before_1() {
  pods=$(kubectl get pods -n bookinfo-1-18-0-alpha-0 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod is left in bookinfo-1-18-0-alpha-0' no_pods_before_1

found=$(kubectl get -f "$here"/delete/00-namespace-bookinfo-1-18-0-alpha-0.yaml --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.annotations.meshplan\.dev/plan} {.metadata.annotations.meshplan\.dev/found-with}')
case $found in
  '') ;;
  *' bookinfo ')
    kubectl delete --ignore-not-found --timeout=5m -f "$here"/delete/00-namespace-bookinfo-1-18-0-alpha-0.yaml
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

echo '620-retire-namespace: applied. Next: sh 620-retire-namespace/verify.sh'
