#!/bin/sh
# 140-stable-namespace: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect '' '{.metadata.labels.istio\.io/dataplane-mode}' namespace shop-1-30-3

say '140-stable-namespace: verified'
