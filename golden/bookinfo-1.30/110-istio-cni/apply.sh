#!/bin/sh
# 110-istio-cni: istio-cni 1.29.6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.29.6 ISTIOCTL_1_29_6 "${ISTIOCTL_1_29_6:-}")

only_mesh '1-29-6 1-30-3' '1.29.6 1.30.3'
run_istioctl "$program" istio-system install -f "$here"/istioctl/istio-cni.yaml --skip-confirmation

say '110-istio-cni: applied. Next: sh 110-istio-cni/verify.sh'
