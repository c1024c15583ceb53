#!/bin/sh
# 220-istio-cni-upgrade: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.25.5 daemonset istio-cni-node istio-system
rolled_out daemonset istio-cni-node istio-system

say '220-istio-cni-upgrade: verified'
