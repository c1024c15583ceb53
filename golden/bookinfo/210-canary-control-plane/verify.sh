#!/bin/sh
# 210-canary-control-plane: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.18.1 deployment istiod-1-18-1 istio-system
rolled_out deployment istiod-1-18-1 istio-system

say '210-canary-control-plane: verified'
