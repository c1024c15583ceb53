#!/bin/sh
# 527-owner-team-30-own: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io own team-30
gateway_moved 'Deployment team-30/own-istio is of version 1.29.6' own-istio team-30 1.29.6 default

say '527-owner-team-30-own: rolled back'
