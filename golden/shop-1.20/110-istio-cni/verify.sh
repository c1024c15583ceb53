#!/bin/sh
# 110-istio-cni: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.20.7 daemonset istio-cni-node istio-system
rolled_out daemonset istio-cni-node istio-system

say '110-istio-cni: verified'
