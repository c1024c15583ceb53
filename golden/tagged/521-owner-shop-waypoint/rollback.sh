#!/bin/sh
# 521-owner-shop-waypoint: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io waypoint shop
gateway_moved 'Deployment shop/waypoint is of version 1.28.10' waypoint shop 1.28.10 1-28-10

say '521-owner-shop-waypoint: rolled back'
