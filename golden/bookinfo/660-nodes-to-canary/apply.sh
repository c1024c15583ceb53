#!/bin/sh
# 660-nodes-to-canary: the stable nodes to the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label_nodes bookinfo meshplan.dev/pool canary ambient-worker

say '660-nodes-to-canary: applied. Next: sh 660-nodes-to-canary/verify.sh'
