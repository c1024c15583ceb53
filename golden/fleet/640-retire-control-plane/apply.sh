#!/bin/sh
# 640-retire-control-plane: istiod 1.29.6, revision default
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

gateway_moved 'Deployment edge/internal-istio is of version 1.30.3' internal-istio edge 1.30.3 1-30-3
gateway_moved 'Deployment edge/partners-istio is of version 1.30.3' partners-istio edge 1.30.3 1-30-3
gateway_moved 'Deployment edge/public-istio is of version 1.30.3' public-istio edge 1.30.3 1-30-3
gateway_moved 'Deployment team-10/own-istio is of version 1.30.3' own-istio team-10 1.30.3 1-30-3
gateway_moved 'Deployment team-10/waypoint is of version 1.30.3' waypoint team-10 1.30.3 1-30-3
gateway_moved 'Deployment team-20/own-istio is of version 1.30.3' own-istio team-20 1.30.3 1-30-3
gateway_moved 'Deployment team-20/waypoint is of version 1.30.3' waypoint team-20 1.30.3 1-30-3
gateway_moved 'Deployment team-30/own-istio is of version 1.30.3' own-istio team-30 1.30.3 1-30-3
gateway_moved 'Deployment team-30/waypoint is of version 1.30.3' waypoint team-30 1.30.3 1-30-3
gateway_moved 'Deployment team-40/own-istio is of version 1.30.3' own-istio team-40 1.30.3 1-30-3
gateway_moved 'Deployment team-40/waypoint is of version 1.30.3' waypoint team-40 1.30.3 1-30-3
gateway_moved 'Deployment team-50/own-istio is of version 1.30.3' own-istio team-50 1.30.3 1-30-3
gateway_moved 'Deployment team-50/waypoint is of version 1.30.3' waypoint team-50 1.30.3 1-30-3
gateway_moved 'Deployment team-60/own-istio is of version 1.30.3' own-istio team-60 1.30.3 1-30-3
gateway_moved 'Deployment team-60/waypoint is of version 1.30.3' waypoint team-60 1.30.3 1-30-3
all_owned 'istio.io/rev!=1-30-3' 1-30-3
validator_is istiod-default-validator istiod-1-30-3 1-30-3
check_1() {
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
  "$here"/delete/10-serviceaccount-istio-system-istiod.yaml
}
how_1() {
  say "$(target helm --kube-context)"' uninstall istiod --namespace istio-system --wait'
}
asked=no
if at_owner 'Helm release istio-system/istiod' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'
delete \
  "$here"/delete/50-lease-istio-system-istio-gateway-deployment-default.yaml \
  "$here"/delete/50-lease-istio-system-istio-gateway-status-leader-default.yaml

say '640-retire-control-plane: applied. Next: sh 640-retire-control-plane/verify.sh'
