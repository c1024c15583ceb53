#!/bin/sh
# 210-canary-control-plane: istiod 1.31.0, revision 1-31-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.31.0 ISTIOCTL_1_31_0 "${ISTIOCTL_1_31_0:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istiod-1-31-0.yaml --skip-confirmation

say '210-canary-control-plane: applied. Next: sh 210-canary-control-plane/verify.sh'
