#!/bin/sh
# 630-retire-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.30.3 ISTIOCTL_1_30_3 "${ISTIOCTL_1_30_3:-}")

rolled_out deployment istiod-1-30-3 istio-system
run_istioctl "$program" istio-system install -f "$here"/rollback/istioctl/ztunnel-1-30-3.yaml --skip-confirmation
within 300 'each node of the pool meshplan.dev/pool=stable has a ready pod of ztunnel-1-30-3' covers meshplan.dev/pool=stable ztunnel-1-30-3 istio-system

say '630-retire-ztunnel: rolled back'
