#!/bin/sh
# 620-retire-namespace: namespace shop-1-20-7
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod is left in shop-1-20-7' no_pods shop-1-20-7
delete_namespace shop-1.20 "$here"/delete/00-namespace-shop-1-20-7.yaml

say '620-retire-namespace: applied. Next: sh 620-retire-namespace/verify.sh'
