#!/bin/sh
# 190-enrolment: namespace bookinfo-1-18-0-alpha-0 joins the mesh
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

apply \
  "$here"/00-namespace-bookinfo-1-18-0-alpha-0.yaml

say '190-enrolment: applied. Next: sh 190-enrolment/verify.sh'
