#!/bin/sh
# 530-owner-team-40-waypoint: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment team-40/waypoint is of version 1.30.3' waypoint team-40 1.30.3 1-30-3

say '530-owner-team-40-waypoint: verified'
