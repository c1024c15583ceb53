#!/bin/sh
# 260-canary-gateway: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-ingress-front-1-25-5.yaml
simulated 'Gateway ingress/front-1-25-5 is Programmed' ||
  gateway_is Programmed front-1-25-5 ingress

say '260-canary-gateway: verified'
