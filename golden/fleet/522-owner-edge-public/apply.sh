#!/bin/sh
# 522-owner-edge-public: Gateway edge/public to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io public edge

say '522-owner-edge-public: applied. Next: sh 522-owner-edge-public/verify.sh'
