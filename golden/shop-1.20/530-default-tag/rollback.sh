#!/bin/sh
# 530-default-tag: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
program=$(istioctl_of 1.20.7 ISTIOCTL_1_20_7 "${ISTIOCTL_1_20_7:-}")

run_istioctl "$program" istio-system tag set default --revision 1-20-7 --overwrite --skip-confirmation
tag_is default istio-revision-tag-default 1-20-7 istiod-1-20-7
gateway_moved 'Deployment ingress/front-istio is of version 1.20.7' front-istio ingress 1.20.7 ''

say '530-default-tag: rolled back'
