#!/bin/sh
# 620-retire-namespace: namespace bookinfo-1-18-0-alpha-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod is left in bookinfo-1-18-0-alpha-0' no_pods bookinfo-1-18-0-alpha-0
delete_namespace bookinfo "$here"/delete/00-namespace-bookinfo-1-18-0-alpha-0.yaml

say '620-retire-namespace: applied. Next: sh 620-retire-namespace/verify.sh'
