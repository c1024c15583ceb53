#!/bin/sh
# 526-owner-team-20-waypoint: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io waypoint team-20
gateway_moved 'Deployment team-20/waypoint is of version 1.29.6' waypoint team-20 1.29.6 default

say '526-owner-team-20-waypoint: rolled back'
