#!/bin/sh
# 220-istio-cni-upgrade: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-31-0 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-31-0
restore \
  "$here"/rollback/restore/10-serviceaccount-istio-system-istio-cni.yaml \
  "$here"/rollback/restore/40-daemonset-istio-system-istio-cni-node.yaml
runs 1.30.3 daemonset istio-cni-node istio-system
within 300 'DaemonSet istio-system/istio-cni-node replaces no pod by itself, and all of its pods are ready' settled istio-cni-node istio-system

say 'stays: istio-cni'\''s ConfigMap and roles, as the newer version has them'
say '220-istio-cni-upgrade: rolled back'
