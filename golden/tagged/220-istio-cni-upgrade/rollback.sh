#!/bin/sh
# 220-istio-cni-upgrade: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-29-6 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-29-6
check_1() {
  runs 1.28.10 daemonset istio-cni-node istio-system
}
how_1() {
  say "in HelmRelease mesh/istio-cni: \`spec.chart.spec.version: 1.28.10\`"
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
runs 1.28.10 daemonset istio-cni-node istio-system
within 300 'DaemonSet istio-system/istio-cni-node replaces no pod by itself, and all of its pods are ready' settled istio-cni-node istio-system

say 'stays: istio-cni'\''s ConfigMap and roles, as the newer version has them'
say '220-istio-cni-upgrade: rolled back'
