#!/bin/sh
# 560-tags: tags default, prod to revision 1-29-6
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.29.6 ISTIOCTL_1_29_6 "${ISTIOCTL_1_29_6:-}")

run_istioctl "$program" istio-system tag set default --revision 1-29-6 --overwrite --skip-confirmation
run_istioctl "$program" istio-system tag set prod --revision 1-29-6 --overwrite --skip-confirmation

say '560-tags: applied. Next: sh 560-tags/verify.sh'
