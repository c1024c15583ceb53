#!/bin/sh
# 006-stored-versions: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

stored_as referencegrants.gateway.networking.k8s.io v1beta1

say '006-stored-versions: verified'
