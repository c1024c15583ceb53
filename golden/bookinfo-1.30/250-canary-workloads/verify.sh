#!/bin/sh
# 250-canary-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

rolled_out deployment details-v1 bookinfo-1-30-3
rolled_out deployment ratings-v1 bookinfo-1-30-3
rolled_out deployment reviews-v1 bookinfo-1-30-3
rolled_out deployment reviews-v2 bookinfo-1-30-3
rolled_out deployment reviews-v3 bookinfo-1-30-3
rolled_out deployment productpage-v1 bookinfo-1-30-3
rolled_out deployment sleep bookinfo-1-30-3
rolled_out deployment notsleep bookinfo-1-30-3
simulated 'every pod of bookinfo-1-30-3 is part of the mesh' || within 120 'every pod of bookinfo-1-30-3 is part of the mesh' captured bookinfo-1-30-3

say '250-canary-workloads: verified'
