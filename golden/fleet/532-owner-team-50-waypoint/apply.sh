#!/bin/sh
# 532-owner-team-50-waypoint: waypoint team-50/waypoint to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io waypoint team-50

say '532-owner-team-50-waypoint: applied. Next: sh 532-owner-team-50-waypoint/verify.sh'
