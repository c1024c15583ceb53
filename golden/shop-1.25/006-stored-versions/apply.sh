#!/bin/sh
# 006-stored-versions: referencegrants stored anew
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

store_as referencegrants.gateway.networking.k8s.io v1beta1

say '006-stored-versions: applied. Next: sh 006-stored-versions/verify.sh'
