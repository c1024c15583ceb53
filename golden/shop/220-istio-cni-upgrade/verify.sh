#!/bin/sh
# 220-istio-cni-upgrade: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.30.3 daemonset istio-cni-node istio-system
rolled_out daemonset istio-cni-node istio-system
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '220-istio-cni-upgrade: verified'
