#!/bin/sh
# 250-canary-workloads: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

rolled_out deployment web shop-1-31-0
simulated 'every pod of shop-1-31-0 is part of the mesh' || within 120 'every pod of shop-1-31-0 is part of the mesh' captured shop-1-31-0

say '250-canary-workloads: verified'
