#!/bin/sh
# 630-retire-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  kept_off meshplan.dev/pool canary ztunnel istio-system &&
  expect OnDelete '{.spec.updateStrategy.type}' daemonset ztunnel istio-system
}
how_1() {
  say 'put HelmRelease mesh/ztunnel back, chart 1.28.10, with the values that it had and these:'
  say '  updateStrategy:'
  say '    type: OnDelete'
  say '  affinity:'
  say '    nodeAffinity:'
  say '      requiredDuringSchedulingIgnoredDuringExecution:'
  say '        nodeSelectorTerms:'
  say '        - matchExpressions:'
  say '          - key: meshplan.dev/pool'
  say '            operator: NotIn'
  say '            values:'
  say '            - canary'
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
apply \
  "$here"/rollback/40-daemonset-istio-system-ztunnel-1-29-6.yaml
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled ztunnel istio-system
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-29-6' covers meshplan.dev/pool=canary ztunnel-1-29-6 istio-system

say '630-retire-ztunnel: rolled back'
