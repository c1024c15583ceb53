#!/bin/sh
# 400-weight-100: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-20-7/web has a ready endpoint' served web shop-1-20-7
apply \
  "$here"/rollback/70-httproute-ingress-web.yaml
matches \
  "$here"/rollback/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front

say '400-weight-100: rolled back'
