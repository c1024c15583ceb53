#!/bin/sh
# 660-nodes-to-canary: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

nodes_have meshplan.dev/pool canary blue-1 blue-2
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covers meshplan.dev/pool=canary ztunnel-1-31-0 istio-system

say '660-nodes-to-canary: verified'
