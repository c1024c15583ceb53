#!/bin/sh
# 640-retire-control-plane: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-30-3.yaml \
  "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-30-3-istio-system.yaml \
  "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/40-deployment-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/30-service-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/20-configmap-istio-system-values-1-30-3.yaml \
  "$here"/delete/20-configmap-istio-system-istio-1-30-3.yaml \
  "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-30-3.yaml \
  "$here"/delete/15-rolebinding-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/15-role-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-30-3-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-30-3-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-clusterrole-1-30-3-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-gateway-controller-1-30-3-istio-system.yaml \
  "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-30-3-istio-system.yaml \
  "$here"/delete/10-serviceaccount-istio-system-istiod-1-30-3.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-30-3.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-30-3.yaml
within 120 'no pod app=istiod,istio.io/rev=1-30-3 is left in istio-system' no_pods istio-system app=istiod,istio.io/rev=1-30-3
rolled_out deployment istiod-1-31-0 istio-system

say '640-retire-control-plane: verified'
