#!/bin/sh
# 640-retire-control-plane: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.18.0-alpha.0 ISTIOCTL_1_18_0_alpha_0 "${ISTIOCTL_1_18_0_alpha_0:-}")

run_istioctl "$program" istio-system install -f "$here"/rollback/istioctl/istiod-1-18-0-alpha-0.yaml --skip-confirmation
run_istioctl "$program" istio-system tag set default --revision 1-18-0-alpha-0 --overwrite --skip-confirmation
runs 1.18.0-alpha.0 deployment istiod-1-18-0-alpha-0 istio-system
rolled_out deployment istiod-1-18-0-alpha-0 istio-system
tag_is default istio-revision-tag-default 1-18-0-alpha-0 istiod-1-18-0-alpha-0
gateway_moved 'Deployment istio-system/bookinfo-gateway-istio is of version 1.18.0-alpha.0' bookinfo-gateway-istio istio-system 1.18.0-alpha.0 ''

say '640-retire-control-plane: rolled back'
