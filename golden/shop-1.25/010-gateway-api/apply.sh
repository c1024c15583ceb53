#!/bin/sh
# 010-gateway-api: Gateway API CRDs v1.4.1, standard channel
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

may_install_bundle v1.4.1 standard bundle
not_stored_as referencegrants.gateway.networking.k8s.io v1alpha2 v1.4.1
apply_kustomization "$here"/kustomize/
established gatewayclasses.gateway.networking.k8s.io gateways.gateway.networking.k8s.io httproutes.gateway.networking.k8s.io referencegrants.gateway.networking.k8s.io

say '010-gateway-api: applied. Next: sh 010-gateway-api/verify.sh'
