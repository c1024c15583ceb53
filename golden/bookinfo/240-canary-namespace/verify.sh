#!/bin/sh
# 240-canary-namespace: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect ambient '{.metadata.labels.istio\.io/dataplane-mode}' namespace bookinfo-1-18-1

say '240-canary-namespace: verified'
