#!/bin/sh
# 110-on-delete: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 300 'DaemonSet istio-system/istio-cni-node replaces no pod by itself, and all of its pods are ready' settled istio-cni-node istio-system
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled ztunnel istio-system

say '110-on-delete: verified'
