#!/bin/sh
# 270-canary-gateway-routes: routes on front-1-25-5 as well
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

served_before_1_1() {
  ready=$(kubectl get endpointslices -n shop-1-24-6 -l kubernetes.io/service-name=web -o 'jsonpath={.items[*].endpoints[*].conditions.ready}') || return 1
  case " $ready " in
    *' true '*) ;;
    *) return 1 ;;
  esac
}
within 60 'Service shop-1-24-6/web has a ready endpoint' served_before_1_1

kubectl apply \
  -f "$here"/70-httproute-ingress-web-1-25-5.yaml

echo '270-canary-gateway-routes: applied. Next: sh 270-canary-gateway-routes/verify.sh'
