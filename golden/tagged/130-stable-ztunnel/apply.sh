#!/bin/sh
# 130-stable-ztunnel: ztunnel on every node without meshplan.dev/pool=canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  kept_off meshplan.dev/pool canary ztunnel istio-system
}
how_1() {
  say "in HelmRelease mesh/ztunnel: \`spec.chart.spec.version: 1.28.10\`"
  say "and under \`spec.values\`:"
  say '  affinity:'
  say '    nodeAffinity:'
  say '      requiredDuringSchedulingIgnoredDuringExecution:'
  say '        nodeSelectorTerms:'
  say '        - matchExpressions:'
  say '          - key: meshplan.dev/pool'
  say '            operator: NotIn'
  say '            values:'
  say '            - canary'
  say 'commit it, then:'
  say "$(target flux --context)"' reconcile helmrelease ztunnel --namespace mesh --with-source'
}
asked=no
if at_owner 'Flux'\''s HelmRelease mesh/ztunnel' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'

say '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
