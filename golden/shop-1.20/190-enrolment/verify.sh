#!/bin/sh
# 190-enrolment: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect ambient '{.metadata.labels.istio\.io/dataplane-mode}' namespace shop-1-20-7
simulated 'every pod of shop-1-20-7 is part of the mesh' || within 120 'every pod of shop-1-20-7 is part of the mesh' captured shop-1-20-7

say '190-enrolment: verified'
