#!/bin/sh
# 100-stable-nodes: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

nodes_have meshplan.dev/pool stable ambient-worker

say '100-stable-nodes: verified'
