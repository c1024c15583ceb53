#!/bin/sh
# 521-owner-edge-partners: Gateway edge/partners to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io partners edge

say '521-owner-edge-partners: applied. Next: sh 521-owner-edge-partners/verify.sh'
