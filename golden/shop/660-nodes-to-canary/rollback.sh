#!/bin/sh
# 660-nodes-to-canary: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

has_nodes node.example/pool=blue ||
  fail 'drain the nodes that were moved and give them the labels node.example/pool=blue again where your node pools are configured, then run this again'

say '660-nodes-to-canary: rolled back'
