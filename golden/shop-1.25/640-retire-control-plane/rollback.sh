#!/bin/sh
# 640-retire-control-plane: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.24.6 ISTIOCTL_1_24_6 "${ISTIOCTL_1_24_6:-}")

run_istioctl "$program" istio-system install -f "$here"/rollback/istioctl/istiod-1-24-6.yaml --skip-confirmation
runs 1.24.6 deployment istiod-1-24-6 istio-system
rolled_out deployment istiod-1-24-6 istio-system

say '640-retire-control-plane: rolled back'
