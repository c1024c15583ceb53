#!/bin/sh
# 020-istio-base: Istio's CRDs and shared accounts, 1.25.5
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.25.5 ISTIOCTL_1_25_5 "${ISTIOCTL_1_25_5:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istio-base.yaml --skip-confirmation

say '020-istio-base: applied. Next: sh 020-istio-base/verify.sh'
