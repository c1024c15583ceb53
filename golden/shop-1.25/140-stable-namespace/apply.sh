#!/bin/sh
# 140-stable-namespace: namespace shop-1-24-6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace shop-1-24-6
note_namespaces shop-1.25 shop-1-24-6
apply \
  "$here"/00-namespace-shop-1-24-6.yaml

say '140-stable-namespace: applied. Next: sh 140-stable-namespace/verify.sh'
