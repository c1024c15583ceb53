#!/bin/sh
# 521-owner-shop-waypoint: waypoint shop/waypoint to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-31-0 gateway.gateway.networking.k8s.io waypoint shop

say '521-owner-shop-waypoint: applied. Next: sh 521-owner-shop-waypoint/verify.sh'
