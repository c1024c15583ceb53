#!/bin/sh
# 533-owner-team-60-own: Gateway team-60/own to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io own team-60

say '533-owner-team-60-own: applied. Next: sh 533-owner-team-60-own/verify.sh'
