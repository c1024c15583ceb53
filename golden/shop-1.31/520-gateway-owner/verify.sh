#!/bin/sh
# 520-gateway-owner: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/65-gateway-ingress-front.yaml
gateway_moved 'Deployment ingress/front-istio is of version 1.31.0' front-istio ingress 1.31.0 1-31-0

say '520-gateway-owner: verified'
