#!/bin/sh
# 150-stable-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

rolled_out deployment web shop-1-20-7

say '150-stable-workloads: verified'
