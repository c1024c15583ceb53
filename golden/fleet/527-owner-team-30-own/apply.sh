#!/bin/sh
# 527-owner-team-30-own: Gateway team-30/own to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io own team-30

say '527-owner-team-30-own: applied. Next: sh 527-owner-team-30-own/verify.sh'
