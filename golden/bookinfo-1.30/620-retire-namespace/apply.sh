#!/bin/sh
# 620-retire-namespace: namespace bookinfo-1-29-6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod is left in bookinfo-1-29-6' no_pods bookinfo-1-29-6
delete_namespace bookinfo-1.30 "$here"/delete/00-namespace-bookinfo-1-29-6.yaml

say '620-retire-namespace: applied. Next: sh 620-retire-namespace/verify.sh'
