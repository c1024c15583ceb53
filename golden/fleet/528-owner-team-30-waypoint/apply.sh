#!/bin/sh
# 528-owner-team-30-waypoint: waypoint team-30/waypoint to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io waypoint team-30

say '528-owner-team-30-waypoint: applied. Next: sh 528-owner-team-30-waypoint/verify.sh'
