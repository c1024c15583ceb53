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
  say "$(target helm --kube-context)"' upgrade ztunnel istio/ztunnel --namespace istio-system --version 1.29.6 --reset-then-reuse-values --values - <<'\''EOF'\'''
  say affinity:
  say '  nodeAffinity:'
  say '    requiredDuringSchedulingIgnoredDuringExecution:'
  say '      nodeSelectorTerms:'
  say '      - matchExpressions:'
  say '        - key: meshplan.dev/pool'
  say '          operator: NotIn'
  say '          values:'
  say '          - canary'
  say EOF
}
asked=no
if at_owner 'Helm release istio-system/ztunnel' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'

say '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
