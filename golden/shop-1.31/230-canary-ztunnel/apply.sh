#!/bin/sh
# 230-canary-ztunnel: ztunnel 1.31.0 on the canary pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.31.0 ISTIOCTL_1_31_0 "${ISTIOCTL_1_31_0:-}")

only_ztunnels istio-system/ztunnel-1-30-3 istio-system/ztunnel-1-31-0
run_istioctl "$program" istio-system install -f "$here"/istioctl/ztunnel-1-31-0.yaml --skip-confirmation

say '230-canary-ztunnel: applied. Next: sh 230-canary-ztunnel/verify.sh'
