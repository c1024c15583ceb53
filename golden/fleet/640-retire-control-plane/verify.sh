#!/bin/sh
# 640-retire-control-plane: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gone \
  "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector.yaml \
  "$here"/delete/02-validatingwebhookconfiguration-istio-validator-istio-system.yaml \
  "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod.yaml \
  "$here"/delete/40-deployment-istio-system-istiod.yaml \
  "$here"/delete/30-service-istio-system-istiod.yaml \
  "$here"/delete/20-configmap-istio-system-values.yaml \
  "$here"/delete/20-configmap-istio-system-istio.yaml \
  "$here"/delete/20-configmap-istio-system-istio-sidecar-injector.yaml \
  "$here"/delete/15-rolebinding-istio-system-istiod.yaml \
  "$here"/delete/15-role-istio-system-istiod.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-clusterrole-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-clusterrole-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-gateway-controller-istio-system.yaml \
  "$here"/delete/15-clusterrole-istio-reader-clusterrole-istio-system.yaml \
  "$here"/delete/10-serviceaccount-istio-system-istiod.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-deployment-default.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-default.yaml
within 120 'no pod app=istiod,istio.io/rev=default is left in istio-system' no_pods istio-system app=istiod,istio.io/rev=default
rolled_out deployment istiod-1-30-3 istio-system

say '640-retire-control-plane: verified'
