#!/bin/sh
# 522-owner-edge-public: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment edge/public-istio is of version 1.30.3' public-istio edge 1.30.3 1-30-3

say '522-owner-edge-public: verified'
