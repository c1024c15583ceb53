#!/bin/sh
# 240-canary-namespace: namespace shop-1-25-5, enrolled
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

note_namespaces shop-1.25 shop-1-25-5
apply \
  "$here"/00-namespace-shop-1-25-5.yaml

say '240-canary-namespace: applied. Next: sh 240-canary-namespace/verify.sh'
