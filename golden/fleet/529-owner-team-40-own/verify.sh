#!/bin/sh
# 529-owner-team-40-own: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-40/own-istio is of version 1.30.3' own-istio team-40 1.30.3 1-30-3

say '529-owner-team-40-own: verified'
