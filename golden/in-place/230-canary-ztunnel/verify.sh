#!/bin/sh
# 230-canary-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/10-serviceaccount-istio-system-ztunnel-1-31-0.yaml \
  "$here"/40-daemonset-istio-system-ztunnel-1-31-0.yaml

say '230-canary-ztunnel: verified'
