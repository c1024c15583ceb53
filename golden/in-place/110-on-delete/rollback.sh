#!/bin/sh
# 110-on-delete: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh


say 'stays: OnDelete: with RollingUpdate whichever pods were made since (on nodes that joined or came back) would be replaced at once; give istio-cni-node and ztunnel their strategy back when that suits you'
say '110-on-delete: rolled back'
