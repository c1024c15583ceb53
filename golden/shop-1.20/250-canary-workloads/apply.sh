#!/bin/sh
# 250-canary-workloads: web on the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/30-service-shop-1-20-8-web.yaml \
  "$here"/40-deployment-shop-1-20-8-web.yaml \
  "$here"/60-referencegrant-shop-1-20-8-routes-to-web.yaml

say '250-canary-workloads: applied. Next: sh 250-canary-workloads/verify.sh'
