#!/bin/sh
# 120-stable-control-plane: istiod 1.18.0-alpha.0, revision 1-18-0-alpha-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.18.0-alpha.0 ISTIOCTL_1_18_0_alpha_0 "${ISTIOCTL_1_18_0_alpha_0:-}")

run_istioctl "$program" istio-system install -f "$here"/istioctl/istiod-1-18-0-alpha-0.yaml --skip-confirmation

say '120-stable-control-plane: applied. Next: sh 120-stable-control-plane/verify.sh'
