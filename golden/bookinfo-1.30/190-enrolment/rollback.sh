#!/bin/sh
# 190-enrolment: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/rollback/00-namespace-bookinfo-1-29-6.yaml
expect '' '{.metadata.labels.istio\.io/dataplane-mode}' namespace bookinfo-1-29-6
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '190-enrolment: rolled back'
