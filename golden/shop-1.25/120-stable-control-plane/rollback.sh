#!/bin/sh
# 120-stable-control-plane: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-24-6 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-24-6
delete_tag default istio-revision-tag-default 1-24-6 \
  "$here"/rollback/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
  "$here"/rollback/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml
delete \
  "$here"/rollback/delete/02-mutatingwebhookconfiguration-istio-sidecar-injector-1-24-6.yaml \
  "$here"/rollback/delete/02-validatingwebhookconfiguration-istio-validator-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/50-horizontalpodautoscaler-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/50-lease-istio-system-istio-gateway-deployment-1-24-6.yaml \
  "$here"/rollback/delete/50-lease-istio-system-istio-gateway-status-leader-1-24-6.yaml \
  "$here"/rollback/delete/50-poddisruptionbudget-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/40-deployment-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/30-service-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/20-configmap-istio-system-istio-1-24-6.yaml \
  "$here"/rollback/delete/20-configmap-istio-system-istio-sidecar-injector-1-24-6.yaml \
  "$here"/rollback/delete/15-clusterrole-istio-reader-clusterrole-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-clusterrole-istiod-clusterrole-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-clusterrole-istiod-gateway-controller-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istio-reader-clusterrole-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istiod-clusterrole-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-clusterrolebinding-istiod-gateway-controller-1-24-6-istio-system.yaml \
  "$here"/rollback/delete/15-role-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/15-rolebinding-istio-system-istiod-1-24-6.yaml \
  "$here"/rollback/delete/10-serviceaccount-istio-system-istiod-1-24-6.yaml

say '120-stable-control-plane: rolled back'
