#!/bin/sh
# 000-existing: the mesh that is there, Istio 1.28.10
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

# Nothing is applied: existing/ is what the cluster had, and verify.sh looks whether it still does.

say '000-existing: applied. Next: sh 000-existing/verify.sh'
