#!/bin/sh
# 190-enrolment: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/rollback/00-namespace-shop-1-29-6.yaml
expect '' '{.metadata.labels.istio\.io/dataplane-mode}' namespace shop-1-29-6
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '190-enrolment: rolled back'
