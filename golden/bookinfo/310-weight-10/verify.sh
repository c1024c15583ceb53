#!/bin/sh
# 310-weight-10: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

probes() {
  probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>' &&
  probe http://172.18.255.202/productpage 'traffic: test' 200 '<title>Simple Bookstore App</title>'
}

matches \
  "$here"/70-httproute-default-bookinfo.yaml
simulated 'HTTPRoute default/bookinfo is accepted and its references resolve' ||
  within 120 'HTTPRoute default/bookinfo is accepted and its references resolve' resolved bookinfo default bookinfo-gateway
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'
simulated 'probe product page with traffic: test' ||
  within 60 'probe product page with traffic: test' probe http://172.18.255.202/productpage 'traffic: test' 200 '<title>Simple Bookstore App</title>'
soak 900 probes

say '310-weight-10: verified'
