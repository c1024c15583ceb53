#!/bin/sh
# 110-on-delete: istio-cni-node and ztunnel replace no pod by themselves
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

patch "$here"/patch/40-daemonset-istio-system-istio-cni-node.yaml
patch "$here"/patch/40-daemonset-istio-system-ztunnel.yaml

say '110-on-delete: applied. Next: sh 110-on-delete/verify.sh'
