#!/bin/sh
# 630-retire-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/40-daemonset-istio-system-ztunnel-1-29-6.yaml \
  "$here"/delete/10-serviceaccount-istio-system-ztunnel-1-29-6.yaml
within 120 'no pod app=ztunnel,meshplan.dev/revision=1-29-6 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-29-6
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-30-3' covers meshplan.dev/pool=canary ztunnel-1-30-3 istio-system
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '630-retire-ztunnel: verified'
