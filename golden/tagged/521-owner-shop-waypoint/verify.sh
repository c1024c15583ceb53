#!/bin/sh
# 521-owner-shop-waypoint: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment shop/waypoint is of version 1.29.6' waypoint shop 1.29.6 1-29-6

say '521-owner-shop-waypoint: verified'
