#!/bin/sh
# 630-retire-ztunnel: back to the state before it
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

# Flux's HelmRelease mesh/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

terms=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key=="meshplan.dev/pool")].operator} {.matchExpressions[?(@.key=="meshplan.dev/pool")].values[0]}{"\n"}{end}')
terms=$(printf '%s\n' "$terms" | sort -u)
[ "$terms" = 'NotIn canary' ] || fail 'DaemonSet istio-system/ztunnel is not kept off the nodes with meshplan.dev/pool=canary'

strategy=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail 'DaemonSet istio-system/ztunnel replaces pods by itself'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Flux'\''s HelmRelease mesh/ztunnel:'
  echo 'put HelmRelease mesh/ztunnel back, chart 1.28.10, with the values that it had and these:'
  echo '  updateStrategy:'
  echo '    type: OnDelete'
  echo '  affinity:'
  echo '    nodeAffinity:'
  echo '      requiredDuringSchedulingIgnoredDuringExecution:'
  echo '        nodeSelectorTerms:'
  echo '        - matchExpressions:'
  echo '          - key: meshplan.dev/pool'
  echo '            operator: NotIn'
  echo '            values:'
  echo '            - canary'
  asked=yes
else
  echo 'Flux'\''s HelmRelease mesh/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

kubectl apply \
  -f "$here"/rollback/40-daemonset-istio-system-ztunnel-1-29-6.yaml

settled_1() {
  found=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled_1

covered_2() {
  nodes=$(kubectl get nodes -l meshplan.dev/pool=canary -o name | wc -l)
  ready=$(kubectl get daemonset ztunnel-1-29-6 -n istio-system -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-29-6' covered_2

echo '630-retire-ztunnel: rolled back'
