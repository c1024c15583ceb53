#!/bin/sh
# 190-enrolment: namespace shop-1-29-6 joins the mesh
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/00-namespace-shop-1-29-6.yaml

say '190-enrolment: applied. Next: sh 190-enrolment/verify.sh'
