#!/bin/sh
# 520-owner-ingress-front: Gateway ingress/front to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

label istio.io/rev 1-31-0 gateway.gateway.networking.k8s.io front ingress

say '520-owner-ingress-front: applied. Next: sh 520-owner-ingress-front/verify.sh'
