#!/bin/sh
# 630-retire-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/40-daemonset-istio-system-ztunnel-1-20-7.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-20-7.yaml
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-20-7 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-20-7
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-20-8' covers meshplan.dev/pool=canary ztunnel-1-20-8 istio-system

say '630-retire-ztunnel: verified'
