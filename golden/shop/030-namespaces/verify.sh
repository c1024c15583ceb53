#!/bin/sh
# 030-namespaces: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect meshplan '{.metadata.labels.app\.kubernetes\.io/managed-by}' namespace ingress

say '030-namespaces: verified'
