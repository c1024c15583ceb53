#!/bin/sh
# 200-canary-nodes: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

nodes_have meshplan.dev/pool canary green-1

say '200-canary-nodes: verified'
