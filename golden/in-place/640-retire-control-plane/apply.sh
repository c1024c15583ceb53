#!/bin/sh
# 640-retire-control-plane: istiod 1.30.3, revision default
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment ingress/front-istio is of version 1.31.0' front-istio ingress 1.31.0 1-31-0
gateway_moved 'Deployment shop/waypoint is of version 1.31.0' waypoint shop 1.31.0 1-31-0
all_owned 'istio.io/rev!=1-31-0' 1-31-0
delete_tag default istio-revision-tag-default default \
  "$here"/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
  "$here"/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml \
  "$here"/delete/30-service-istio-system-istiod-revision-tag-default.yaml
delete \
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

say '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
