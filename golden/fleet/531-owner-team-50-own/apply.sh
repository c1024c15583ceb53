#!/bin/sh
# 531-owner-team-50-own: Gateway team-50/own to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-30-3 gateway.gateway.networking.k8s.io own team-50

say '531-owner-team-50-own: applied. Next: sh 531-owner-team-50-own/verify.sh'
