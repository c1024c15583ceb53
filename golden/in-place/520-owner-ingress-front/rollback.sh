#!/bin/sh
# 520-owner-ingress-front: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev '' gateway.gateway.networking.k8s.io front ingress
gateway_moved 'Deployment ingress/front-istio is of version 1.30.3' front-istio ingress 1.30.3 default

say '520-owner-ingress-front: rolled back'
