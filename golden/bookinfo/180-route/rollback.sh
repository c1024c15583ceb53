#!/bin/sh
# 180-route: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

delete \
  "$here"/rollback/delete/70-httproute-default-bookinfo.yaml

say '180-route: rolled back'
