#!/bin/sh
# 020-istio-base: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh


say 'stays: Istio'\''s CRDs and the ServiceAccounts and roles that come with them'
say '020-istio-base: rolled back'
