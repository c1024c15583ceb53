#!/bin/sh
# 010-gateway-api: Gateway API CRDs v1.4.1, standard channel, are there
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

# Somebody else installs these CRDs; both control planes have to be able to read them.
bundle_is v1.4.1 standard gateways.gateway.networking.k8s.io

say '010-gateway-api: applied. Next: sh 010-gateway-api/verify.sh'
