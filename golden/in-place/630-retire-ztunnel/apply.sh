#!/bin/sh
# 630-retire-ztunnel: ztunnel 1.30.3 goes, ztunnel-1-31-0 is for every node
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

moved 'kubernetes.io/os!=windows' meshplan.dev/pool = canary
delete \
  "$here"/delete/40-daemonset-istio-system-ztunnel.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel.yaml
apply \
  "$here"/40-daemonset-istio-system-ztunnel-1-31-0.yaml

say '630-retire-ztunnel: applied. Next: sh 630-retire-ztunnel/verify.sh'
