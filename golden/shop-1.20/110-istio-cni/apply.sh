#!/bin/sh
# 110-istio-cni: istio-cni 1.20.7
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.20.7 ISTIOCTL_1_20_7 "${ISTIOCTL_1_20_7:-}")

only_mesh '1-20-7 1-20-8' '1.20.7 1.20.8'
run_istioctl "$program" istio-system install -f "$here"/istioctl/istio-cni.yaml --skip-confirmation

say '110-istio-cni: applied. Next: sh 110-istio-cni/verify.sh'
