#!/bin/sh
# 530-default-tag: tag default to revision 1-31-0
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.31.0 ISTIOCTL_1_31_0 "${ISTIOCTL_1_31_0:-}")

run_istioctl "$program" istio-system tag set default --revision 1-31-0 --overwrite --skip-confirmation

say '530-default-tag: applied. Next: sh 530-default-tag/verify.sh'
