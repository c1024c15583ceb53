#!/bin/sh
# 030-namespaces: namespaces ingress
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/00-namespace-ingress.yaml

say '030-namespaces: applied. Next: sh 030-namespaces/verify.sh'
