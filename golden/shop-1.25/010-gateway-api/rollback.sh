#!/bin/sh
# 010-gateway-api: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh


say 'stays: the Gateway API CRDs'
say '010-gateway-api: rolled back'
