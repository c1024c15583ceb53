#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.29.6 goes, ztunnel-1-30-3 is for every node
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

moved 'kubernetes.io/os!=windows' meshplan.dev/pool = canary
check_1() {
  gone \
  "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml
}
how_1() {
  say "$(target helm --kube-context)"' uninstall ztunnel --namespace istio-system --wait'
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
apply \
  "$here"/40-daemonset-istio-system-ztunnel-1-30-3.yaml

say '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
