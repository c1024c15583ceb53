#!/bin/sh
# 521-owner-edge-partners: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io partners edge
gateway_moved 'Deployment edge/partners-istio is of version 1.29.6' partners-istio edge 1.29.6 default

say '521-owner-edge-partners: rolled back'
