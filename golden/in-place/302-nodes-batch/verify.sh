#!/bin/sh
# 302-nodes-batch: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

moved 'node.example/group=batch,kubernetes.io/os!=windows' meshplan.dev/pool = canary
within 300 'each node of the pool meshplan.dev/pool=canary has a ready pod of ztunnel-1-31-0' covers meshplan.dev/pool=canary ztunnel-1-31-0 istio-system

say '302-nodes-batch: verified'
