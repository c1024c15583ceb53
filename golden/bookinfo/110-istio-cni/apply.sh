#!/bin/sh
# 110-istio-cni: istio-cni 1.18.0-alpha.0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.18.0-alpha.0 ISTIOCTL_1_18_0_alpha_0 "${ISTIOCTL_1_18_0_alpha_0:-}")

only_mesh '1-18-0-alpha-0 1-18-1' '1.18.0-alpha.0 1.18.1'
run_istioctl "$program" istio-system install -f "$here"/istioctl/istio-cni.yaml --skip-confirmation

say '110-istio-cni: applied. Next: sh 110-istio-cni/verify.sh'
