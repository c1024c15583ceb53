#!/bin/sh
# 540-first-gateway: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/70-httproute-ingress-web.yaml \
  "$here"/delete/65-gateway-ingress-front.yaml
matches
simulated 'HTTPRoute ingress/web-1-25-5 is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web-1-25-5 is accepted and its references resolve' resolved web-1-25-5 ingress front-1-25-5

say '540-first-gateway: verified'
