#!/bin/sh
# 110-istio-cni: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

lacks "$(label_of istio.io/dataplane-mode)" namespace shop-1-29-6
lacks "$(label_of istio.io/dataplane-mode)" namespace shop-1-30-3
delete \
  "$here"/rollback/delete/40-daemonset-istio-system-istio-cni-node.yaml \
  "$here"/rollback/delete/20-configmap-istio-system-istio-cni-config.yaml \
  "$here"/rollback/delete/15-clusterrole-istio-cni.yaml \
  "$here"/rollback/delete/15-clusterrole-istio-cni-ambient.yaml \
  "$here"/rollback/delete/15-clusterrole-istio-cni-repair-role.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istio-cni.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istio-cni-ambient.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istio-cni-repair-rolebinding.yaml \
  "$here"/rollback/delete/10-serviceaccount-istio-system-istio-cni.yaml

say '110-istio-cni: rolled back'
