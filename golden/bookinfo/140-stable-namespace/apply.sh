#!/bin/sh
# 140-stable-namespace: namespace bookinfo-1-18-0-alpha-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace bookinfo-1-18-0-alpha-0
note_namespaces bookinfo bookinfo-1-18-0-alpha-0
apply \
  "$here"/00-namespace-bookinfo-1-18-0-alpha-0.yaml

say '140-stable-namespace: applied. Next: sh 140-stable-namespace/verify.sh'
