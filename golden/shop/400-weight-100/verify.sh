#!/bin/sh
# 400-weight-100: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

probes() {
  probe http://shop.example/cart '' 200 '' content-type text/html &&
  probe http://shop.example/cart 'x-canary: yes' 200 '' content-type text/html
}

matches \
  "$here"/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html
simulated 'probe cart with x-canary: yes' ||
  within 60 'probe cart with x-canary: yes' probe http://shop.example/cart 'x-canary: yes' 200 '' content-type text/html
simulated 'sample cart: the canary answers 400 of 400' ||
  within 30 'sample cart: the canary answers 400 of 400' \
    sample http://shop.example/cart '' 400 400 400 '' x-revision 1-30-3
simulated 'sample cart with x-canary: yes: the canary answers 20 of 20' ||
  within 30 'sample cart with x-canary: yes: the canary answers 20 of 20' \
    sample http://shop.example/cart 'x-canary: yes' 20 20 20 '' x-revision 1-30-3
soak 300 probes

say '400-weight-100: verified'
