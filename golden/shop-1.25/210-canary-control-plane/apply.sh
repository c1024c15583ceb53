#!/bin/sh
# 210-canary-control-plane: istiod 1.25.5, revision 1-25-5
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.25.5 ISTIOCTL_1_25_5 "${ISTIOCTL_1_25_5:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istiod-1-25-5.yaml --skip-confirmation

say '210-canary-control-plane: applied. Next: sh 210-canary-control-plane/verify.sh'
