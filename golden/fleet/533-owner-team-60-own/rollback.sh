#!/bin/sh
# 533-owner-team-60-own: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io own team-60
gateway_moved 'Deployment team-60/own-istio is of version 1.29.6' own-istio team-60 1.29.6 default

say '533-owner-team-60-own: rolled back'
