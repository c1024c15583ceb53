#!/bin/sh
# 528-owner-team-30-waypoint: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-30/waypoint is of version 1.30.3' waypoint team-30 1.30.3 1-30-3

say '528-owner-team-30-waypoint: verified'
