#!/bin/sh
# 200-canary-nodes: ambient-worker2 to the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

free_for meshplan.dev/pool canary ambient-worker2
label_nodes bookinfo meshplan.dev/pool canary ambient-worker2

say '200-canary-nodes: applied. Next: sh 200-canary-nodes/verify.sh'
