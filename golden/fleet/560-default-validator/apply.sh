#!/bin/sh
# 560-default-validator: the validation of Istio's objects to istiod-1-30-3
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  validator_is istiod-default-validator istiod-1-30-3 1-30-3
}
how_1() {
  say "$(target helm --kube-context)"' upgrade istio-base istio/base --namespace istio-system --version 1.30.3 --reset-then-reuse-values --values - <<'\''EOF'\'''
  say 'defaultRevision: 1-30-3'
  say EOF
}
asked=no
if at_owner 'Helm release istio-system/istio-base' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'

say '560-default-validator: applied. Next: sh 560-default-validator/verify.sh'
