#!/bin/sh
# 520-owner-edge-internal: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment edge/internal-istio is of version 1.30.3' internal-istio edge 1.30.3 1-30-3

say '520-owner-edge-internal: verified'
