#!/bin/sh
# 530-default-tag: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.24.6 ISTIOCTL_1_24_6 "${ISTIOCTL_1_24_6:-}")

run_istioctl "$program" istio-system tag set default --revision 1-24-6 --overwrite --skip-confirmation
tag_is default istio-revision-tag-default 1-24-6 istiod-1-24-6

say '530-default-tag: rolled back'
