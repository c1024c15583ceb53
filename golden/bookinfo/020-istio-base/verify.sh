#!/bin/sh
# 020-istio-base: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

established authorizationpolicies.security.istio.io telemetries.telemetry.istio.io virtualservices.networking.istio.io

say '020-istio-base: verified'
