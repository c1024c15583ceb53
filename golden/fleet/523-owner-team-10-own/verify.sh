#!/bin/sh
# 523-owner-team-10-own: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-10/own-istio is of version 1.30.3' own-istio team-10 1.30.3 1-30-3

say '523-owner-team-10-own: verified'
