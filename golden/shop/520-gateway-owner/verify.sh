#!/bin/sh
# 520-gateway-owner: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-ingress-front.yaml
gateway_moved 'Deployment ingress/front-istio is of version 1.30.3' front-istio ingress 1.30.3 1-30-3
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '520-gateway-owner: verified'
