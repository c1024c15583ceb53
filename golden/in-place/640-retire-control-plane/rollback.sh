#!/bin/sh
# 640-retire-control-plane: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh


say 'stays: what is left: the canary'\''s revision alone'
say '640-retire-control-plane: rolled back'
