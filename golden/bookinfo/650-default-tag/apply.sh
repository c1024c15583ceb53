#!/bin/sh
# 650-default-tag: tag default to revision 1-18-1
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.18.1 ISTIOCTL_1_18_1 "${ISTIOCTL_1_18_1:-}")

within 120 'no pod app=istiod,istio.io/rev=1-18-0-alpha-0 is left in istio-system' no_pods istio-system app=istiod,istio.io/rev=1-18-0-alpha-0
run_istioctl "$program" istio-system tag set default --revision 1-18-1 --overwrite --skip-confirmation

say '650-default-tag: applied. Next: sh 650-default-tag/verify.sh'
