#!/bin/sh
# 150-stable-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

rolled_out deployment details-v1 bookinfo-1-29-6
rolled_out deployment ratings-v1 bookinfo-1-29-6
rolled_out deployment reviews-v1 bookinfo-1-29-6
rolled_out deployment reviews-v2 bookinfo-1-29-6
rolled_out deployment reviews-v3 bookinfo-1-29-6
rolled_out deployment productpage-v1 bookinfo-1-29-6
rolled_out deployment sleep bookinfo-1-29-6
rolled_out deployment notsleep bookinfo-1-29-6

say '150-stable-workloads: verified'
