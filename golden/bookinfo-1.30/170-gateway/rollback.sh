#!/bin/sh
# 170-gateway: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

detached istio-system/bookinfo-gateway
delete \
  "$here"/rollback/delete/65-gateway-istio-system-bookinfo-gateway.yaml

say '170-gateway: rolled back'
