#!/bin/sh
# 529-owner-team-40-own: Gateway team-40/own to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io own team-40

say '529-owner-team-40-own: applied. Next: sh 529-owner-team-40-own/verify.sh'
