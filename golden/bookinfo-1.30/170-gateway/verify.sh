#!/bin/sh
# 170-gateway: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-istio-system-bookinfo-gateway.yaml
simulated 'Gateway istio-system/bookinfo-gateway is Programmed' ||
  gateway_is Programmed bookinfo-gateway istio-system

say '170-gateway: verified'
