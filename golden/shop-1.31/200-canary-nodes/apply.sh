#!/bin/sh
# 200-canary-nodes: green-1 to the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

free_for meshplan.dev/pool canary green-1
label_nodes shop-1.31 meshplan.dev/pool canary green-1

say '200-canary-nodes: applied. Next: sh 200-canary-nodes/verify.sh'
