#!/bin/sh
# 522-owner-edge-public: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io public edge
gateway_moved 'Deployment edge/public-istio is of version 1.29.6' public-istio edge 1.29.6 default

say '522-owner-edge-public: rolled back'
