#!/bin/sh
# 350-weight-50: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 60 'Service bookinfo-1-18-0-alpha-0/productpage has a ready endpoint' served productpage bookinfo-1-18-0-alpha-0
apply \
  "$here"/rollback/70-httproute-default-bookinfo.yaml
matches \
  "$here"/rollback/70-httproute-default-bookinfo.yaml
simulated 'HTTPRoute default/bookinfo is accepted and its references resolve' ||
  within 120 'HTTPRoute default/bookinfo is accepted and its references resolve' resolved bookinfo default bookinfo-gateway
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '350-weight-50: rolled back'
