#!/bin/sh
# 100-stable-nodes: the stable pool, node.example/pool=blue
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh


say '100-stable-nodes: applied. Next: sh 100-stable-nodes/verify.sh'
