#!/bin/sh
# 520-owner-edge-internal: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io internal edge
gateway_moved 'Deployment edge/internal-istio is of version 1.29.6' internal-istio edge 1.29.6 default

say '520-owner-edge-internal: rolled back'
