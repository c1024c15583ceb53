#!/bin/sh
# 130-stable-ztunnel: back to the state before it
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
  pods=$(kubectl get pods -n istio-system -l app=ztunnel,meshplan.dev/revision=1-29-6 --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-29-6 is left in istio-system' no_pods_before_1

# Flux's HelmRelease mesh/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

terms=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key=="meshplan.dev/pool")].operator} {.matchExpressions[?(@.key=="meshplan.dev/pool")].values[0]}{"\n"}{end}')
terms=$(printf '%s\n' "$terms" | sort -u)
[ "$terms" != 'NotIn canary' ] || fail 'DaemonSet istio-system/ztunnel is still kept off the nodes with meshplan.dev/pool=canary'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Flux'\''s HelmRelease mesh/ztunnel:'
  echo "in HelmRelease mesh/ztunnel: \`spec.chart.spec.version: 1.28.10\`"
  echo "and under \`spec.values\`:"
  echo '  affinity: null'
  echo 'commit it; flux reconcile helmrelease ztunnel --namespace mesh --with-source'
  asked=yes
else
  echo 'Flux'\''s HelmRelease mesh/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

terms=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key=="meshplan.dev/pool")].operator} {.matchExpressions[?(@.key=="meshplan.dev/pool")].values[0]}{"\n"}{end}')
terms=$(printf '%s\n' "$terms" | sort -u)
[ "$terms" != 'NotIn canary' ] || fail 'DaemonSet istio-system/ztunnel is still kept off the nodes with meshplan.dev/pool=canary'

echo '130-stable-ztunnel: rolled back'
