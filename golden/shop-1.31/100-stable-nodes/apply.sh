#!/bin/sh
# 100-stable-nodes: blue-1, blue-2 to the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

free_for meshplan.dev/pool stable blue-1 blue-2
label_nodes shop-1.31 meshplan.dev/pool stable blue-1 blue-2

say '100-stable-nodes: applied. Next: sh 100-stable-nodes/verify.sh'
