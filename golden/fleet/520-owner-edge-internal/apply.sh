#!/bin/sh
# 520-owner-edge-internal: Gateway edge/internal to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io internal edge

say '520-owner-edge-internal: applied. Next: sh 520-owner-edge-internal/verify.sh'
