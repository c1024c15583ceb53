#!/bin/sh
# 525-owner-team-20-own: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io own team-20
gateway_moved 'Deployment team-20/own-istio is of version 1.29.6' own-istio team-20 1.29.6 default

say '525-owner-team-20-own: rolled back'
