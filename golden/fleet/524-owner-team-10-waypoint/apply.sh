#!/bin/sh
# 524-owner-team-10-waypoint: waypoint team-10/waypoint to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io waypoint team-10

say '524-owner-team-10-waypoint: applied. Next: sh 524-owner-team-10-waypoint/verify.sh'
