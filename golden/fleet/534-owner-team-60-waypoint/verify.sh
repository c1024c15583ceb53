#!/bin/sh
# 534-owner-team-60-waypoint: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-60/waypoint is of version 1.30.3' waypoint team-60 1.30.3 1-30-3

say '534-owner-team-60-waypoint: verified'
