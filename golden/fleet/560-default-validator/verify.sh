#!/bin/sh
# 560-default-validator: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

validator_is istiod-default-validator istiod-1-30-3 1-30-3

say '560-default-validator: verified'
