#!/bin/sh
# 220-istio-cni-upgrade: istio-cni to 1.30.3
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  runs 1.30.3 daemonset istio-cni-node istio-system
}
how_1() {
  say "$(target helm --kube-context)"' upgrade istio-cni istio/cni --namespace istio-system --version 1.30.3 --reset-then-reuse-values --values - <<'\''EOF'\'''
  say updateStrategy:
  say '  type: OnDelete'
  say EOF
}
asked=no
if at_owner 'Helm release istio-system/istio-cni' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'

say '220-istio-cni-upgrade: applied. Next: sh 220-istio-cni-upgrade/verify.sh'
