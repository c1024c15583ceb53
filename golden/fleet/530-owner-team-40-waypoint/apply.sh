#!/bin/sh
# 530-owner-team-40-waypoint: waypoint team-40/waypoint to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io waypoint team-40

say '530-owner-team-40-waypoint: applied. Next: sh 530-owner-team-40-waypoint/verify.sh'
