#!/bin/sh
# 640-retire-control-plane: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.20.7 ISTIOCTL_1_20_7 "${ISTIOCTL_1_20_7:-}")

run_istioctl "$program" istio-system install -f "$here"/rollback/istioctl/istiod-1-20-7.yaml --skip-confirmation
runs 1.20.7 deployment istiod-1-20-7 istio-system
rolled_out deployment istiod-1-20-7 istio-system

say '640-retire-control-plane: rolled back'
