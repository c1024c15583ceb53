#!/bin/sh
# 120-stable-control-plane: istiod 1.20.7, revision 1-20-7
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.20.7 ISTIOCTL_1_20_7 "${ISTIOCTL_1_20_7:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istiod-1-20-7.yaml --skip-confirmation

say '120-stable-control-plane: applied. Next: sh 120-stable-control-plane/verify.sh'
