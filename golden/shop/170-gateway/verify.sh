#!/bin/sh
# 170-gateway: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-ingress-front.yaml
simulated 'Gateway ingress/front is Accepted' ||
  gateway_is Accepted front ingress

say '170-gateway: verified'
