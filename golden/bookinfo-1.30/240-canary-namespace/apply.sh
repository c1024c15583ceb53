#!/bin/sh
# 240-canary-namespace: namespace bookinfo-1-30-3, enrolled
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

note_namespaces bookinfo-1.30 bookinfo-1-30-3
apply \
  "$here"/00-namespace-bookinfo-1-30-3.yaml

say '240-canary-namespace: applied. Next: sh 240-canary-namespace/verify.sh'
