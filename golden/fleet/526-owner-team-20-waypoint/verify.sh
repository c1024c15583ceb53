#!/bin/sh
# 526-owner-team-20-waypoint: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-20/waypoint is of version 1.30.3' waypoint team-20 1.30.3 1-30-3

say '526-owner-team-20-waypoint: verified'
