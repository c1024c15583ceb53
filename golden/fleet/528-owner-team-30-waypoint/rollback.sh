#!/bin/sh
# 528-owner-team-30-waypoint: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io waypoint team-30
gateway_moved 'Deployment team-30/waypoint is of version 1.29.6' waypoint team-30 1.29.6 default

say '528-owner-team-30-waypoint: rolled back'
