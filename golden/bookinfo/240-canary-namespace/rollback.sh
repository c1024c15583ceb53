#!/bin/sh
# 240-canary-namespace: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

delete_namespace bookinfo "$here"/rollback/delete/00-namespace-bookinfo-1-18-1.yaml

say '240-canary-namespace: rolled back'
