#!/bin/sh
# 510-routes-to-canary: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html
simulated 'sample cart: the canary answers 400 of 400' ||
  within 30 'sample cart: the canary answers 400 of 400' \
    sample http://shop.example/cart '' 400 400 400 '' x-revision 1-30-3

say '510-routes-to-canary: verified'
