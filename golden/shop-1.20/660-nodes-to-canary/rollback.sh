#!/bin/sh
# 660-nodes-to-canary: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

return_node meshplan.dev/pool stable blue-1
return_node meshplan.dev/pool stable blue-2
nodes_have meshplan.dev/pool stable blue-1 blue-2

say '660-nodes-to-canary: rolled back'
