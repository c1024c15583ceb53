#!/bin/sh
# 640-retire-control-plane: istiod 1.20.7, revision 1-20-7
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

tag_is default istio-revision-tag-default 1-20-8 istiod-1-20-8
gateway_moved 'Deployment ingress/front-istio is of version 1.20.8' front-istio ingress 1.20.8 ''
delete \
  "$here"/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-20-7.yaml \
  "$here"/delete/02-validatingwebhookconfiguration-istio-validator-1-20-7-istio-system.yaml \
  "$here"/delete/50-horizontalpodautoscaler-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/50-poddisruptionbudget-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/40-deployment-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/30-service-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/20-configmap-istio-system-istio-1-20-7.yaml \
  "$here"/delete/20-configmap-istio-system-istio-sidecar-injector-1-20-7.yaml \
  "$here"/delete/15-rolebinding-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/15-role-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-clusterrole-1-20-7-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istiod-gateway-controller-1-20-7-istio-system.yaml \
  "$here"/delete/15-clusterrolebinding-istio-reader-clusterrole-1-20-7-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-clusterrole-1-20-7-istio-system.yaml \
  "$here"/delete/15-clusterrole-istiod-gateway-controller-1-20-7-istio-system.yaml \
  "$here"/delete/15-clusterrole-istio-reader-clusterrole-1-20-7-istio-system.yaml \
  "$here"/delete/10-serviceaccount-istio-system-istiod-1-20-7.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-deployment-1-20-7.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-1-20-7.yaml \
  "$here"/delete/50-istiooperator-istio-system-installed-state-istiod-1-20-7-1-20-7.yaml

say '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
