#!/bin/sh
# 650-default-tag: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

tag_is default istio-revision-tag-default 1-18-1 istiod-1-18-1
gateway_moved 'Deployment istio-system/bookinfo-gateway-istio is of version 1.18.1' bookinfo-gateway-istio istio-system 1.18.1 ''
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '650-default-tag: verified'
