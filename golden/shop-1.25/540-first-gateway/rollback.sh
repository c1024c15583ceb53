#!/bin/sh
# 540-first-gateway: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/rollback/65-gateway-ingress-front.yaml \
  "$here"/rollback/70-httproute-ingress-web.yaml
simulated 'Gateway ingress/front is Programmed' ||
  gateway_is Programmed front ingress
matches \
  "$here"/rollback/65-gateway-ingress-front.yaml \
  "$here"/rollback/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front
simulated 'HTTPRoute ingress/web-1-25-5 is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web-1-25-5 is accepted and its references resolve' resolved web-1-25-5 ingress front-1-25-5

say '540-first-gateway: rolled back'
