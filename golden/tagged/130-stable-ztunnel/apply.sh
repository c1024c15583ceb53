#!/bin/sh
# 130-stable-ztunnel: ztunnel on every node without meshplan.dev/pool=canary
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

# Flux's HelmRelease mesh/ztunnel would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e

terms=$(kubectl get daemonset ztunnel -n istio-system -o 'jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key=="meshplan.dev/pool")].operator} {.matchExpressions[?(@.key=="meshplan.dev/pool")].values[0]}{"\n"}{end}')
terms=$(printf '%s\n' "$terms" | sort -u)
[ "$terms" = 'NotIn canary' ] || fail 'DaemonSet istio-system/ztunnel is not kept off the nodes with meshplan.dev/pool=canary'
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo 'A change to make at Flux'\''s HelmRelease mesh/ztunnel:'
  echo "in HelmRelease mesh/ztunnel: \`spec.chart.spec.version: 1.28.10\`"
  echo "and under \`spec.values\`:"
  echo '  affinity:'
  echo '    nodeAffinity:'
  echo '      requiredDuringSchedulingIgnoredDuringExecution:'
  echo '        nodeSelectorTerms:'
  echo '        - matchExpressions:'
  echo '          - key: meshplan.dev/pool'
  echo '            operator: NotIn'
  echo '            values:'
  echo '            - canary'
  echo 'commit it; flux reconcile helmrelease ztunnel --namespace mesh --with-source'
  asked=yes
else
  echo 'Flux'\''s HelmRelease mesh/ztunnel: the change is there'
fi
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'

echo '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
