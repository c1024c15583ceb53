#!/bin/sh
# 230-canary-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/10-serviceaccount-istio-system-ztunnel-1-20-8.yaml \
  "$here"/40-daemonset-istio-system-ztunnel-1-20-8.yaml
rolled_out daemonset ztunnel-1-20-8 istio-system
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-20-8' covers meshplan.dev/pool=canary ztunnel-1-20-8 istio-system

say '230-canary-ztunnel: verified'
