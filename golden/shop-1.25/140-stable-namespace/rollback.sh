#!/bin/sh
# 140-stable-namespace: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

delete_namespace shop-1.25 "$here"/rollback/delete/00-namespace-shop-1-24-6.yaml

say '140-stable-namespace: rolled back'
