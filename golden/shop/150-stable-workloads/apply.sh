#!/bin/sh
# 150-stable-workloads: web on the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/30-service-shop-1-29-6-web.yaml \
  "$here"/40-deployment-shop-1-29-6-web.yaml \
  "$here"/60-referencegrant-shop-1-29-6-routes-to-web.yaml

say '150-stable-workloads: applied. Next: sh 150-stable-workloads/verify.sh'
