#!/bin/sh
# 523-owner-team-10-own: Gateway team-10/own to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io own team-10

say '523-owner-team-10-own: applied. Next: sh 523-owner-team-10-own/verify.sh'
