#!/bin/sh
# 520-gateway-owner: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-istio-system-bookinfo-gateway.yaml
gateway_moved 'Deployment istio-system/bookinfo-gateway-istio is of version 1.30.3' bookinfo-gateway-istio istio-system 1.30.3 1-30-3
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '520-gateway-owner: verified'
