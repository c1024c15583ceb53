#!/bin/sh
# 220-istio-cni-upgrade: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.20.7 ISTIOCTL_1_20_7 "${ISTIOCTL_1_20_7:-}")

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-20-8 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-20-8
run_istioctl "$program" istio-system install -f "$here"/rollback/istioctl/istio-cni.yaml --skip-confirmation
runs 1.20.7 daemonset istio-cni-node istio-system
rolled_out daemonset istio-cni-node istio-system

say '220-istio-cni-upgrade: rolled back'
