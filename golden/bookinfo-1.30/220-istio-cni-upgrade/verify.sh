#!/bin/sh
# 220-istio-cni-upgrade: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.30.3 daemonset istio-cni-node istio-system
rolled_out daemonset istio-cni-node istio-system
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '220-istio-cni-upgrade: verified'
