#!/bin/sh
# 220-istio-cni-upgrade: istio-cni to 1.31.0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.31.0 ISTIOCTL_1_31_0 "${ISTIOCTL_1_31_0:-}")

install_held "$program" istio-system "$here"/istioctl/istio-cni.yaml
runs 1.31.0 daemonset istio-cni-node istio-system

say '220-istio-cni-upgrade: applied. Next: sh 220-istio-cni-upgrade/verify.sh'
