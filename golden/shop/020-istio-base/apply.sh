#!/bin/sh
# 020-istio-base: Istio's CRDs and shared accounts, 1.30.3
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.30.3 ISTIOCTL_1_30_3 "${ISTIOCTL_1_30_3:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istio-base.yaml --skip-confirmation

say '020-istio-base: applied. Next: sh 020-istio-base/verify.sh'
