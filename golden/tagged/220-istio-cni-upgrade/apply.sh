#!/bin/sh
# 220-istio-cni-upgrade: istio-cni to 1.29.6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  runs 1.29.6 daemonset istio-cni-node istio-system
}
how_1() {
  say "in HelmRelease mesh/istio-cni: \`spec.chart.spec.version: 1.29.6\`"
  say "and under \`spec.values\`:"
  say '  updateStrategy:'
  say '    type: OnDelete'
  say 'commit it, then:'
  say "$(target flux --context)"' reconcile helmrelease istio-cni --namespace mesh --with-source'
}
asked=no
if at_owner 'Flux'\''s HelmRelease mesh/istio-cni' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'

say '220-istio-cni-upgrade: applied. Next: sh 220-istio-cni-upgrade/verify.sh'
