#!/bin/sh
# 020-istio-base: Istio's CRDs and shared accounts, 1.30.3
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  crds_are 1.30.3 authorizationpolicies.security.istio.io telemetries.telemetry.istio.io virtualservices.networking.istio.io
}
how_1() {
  say "$(target helm --kube-context)"' upgrade istio-base istio/base --namespace istio-system --version 1.30.3 --reset-then-reuse-values'
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

say '020-istio-base: applied. Next: sh 020-istio-base/verify.sh'
