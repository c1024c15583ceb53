#!/bin/sh
# 100-stable-nodes: ambient-worker to the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

free_for meshplan.dev/pool stable ambient-worker
label_nodes bookinfo-1.30 meshplan.dev/pool stable ambient-worker

say '100-stable-nodes: applied. Next: sh 100-stable-nodes/verify.sh'
