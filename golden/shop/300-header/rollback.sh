#!/bin/sh
# 300-header: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service shop-1-29-6/web has a ready endpoint' served web shop-1-29-6
apply \
  "$here"/rollback/70-httproute-ingress-web.yaml
matches \
  "$here"/rollback/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '300-header: rolled back'
