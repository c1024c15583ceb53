#!/bin/sh
# 270-canary-gateway-routes: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

delete \
  "$here"/rollback/delete/70-httproute-ingress-web-1-25-5.yaml
matches
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front

say '270-canary-gateway-routes: rolled back'
