#!/bin/sh
# 130-stable-ztunnel: whether it has done its work
# Made by meshplan. Fails where something is not so; changes nothing.
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

terms=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key=="meshplan.dev/pool")].operator} {.matchExpressions[?(@.key=="meshplan.dev/pool")].values[0]}{"\n"}{end}')
terms=$(printf '%s\n' "$terms" | sort -u)
[ "$terms" = 'NotIn canary' ] || fail 'DaemonSet istio-system/ztunnel is not kept off the nodes with meshplan.dev/pool=canary'

settled_2() {
  found=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled_2

echo '130-stable-ztunnel: verified'
