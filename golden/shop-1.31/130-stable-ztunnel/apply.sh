#!/bin/sh
# 130-stable-ztunnel: ztunnel 1.30.3 on the stable pool
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.30.3 ISTIOCTL_1_30_3 "${ISTIOCTL_1_30_3:-}")

only_ztunnels istio-system/ztunnel-1-30-3 istio-system/ztunnel-1-31-0
run_istioctl "$program" istio-system install -f "$here"/istioctl/ztunnel-1-30-3.yaml --skip-confirmation

say '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
