#!/bin/sh
# 520-owner-ingress-front: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  expect prod '{.metadata.labels.istio\.io/rev}' gateway.gateway.networking.k8s.io front ingress
}
how_1() {
  say 'Gateway ingress/front, wherever it is written:'
  say metadata:
  say '  labels:'
  say '    istio.io/rev: "prod"'
}
asked=no
if at_owner 'Argo CD application edge' check_1 how_1; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
[ "$asked" = no ] || fail 'make the changes above, and run this again when they have reached the cluster'
gateway_moved 'Deployment ingress/front-istio is of version 1.28.10' front-istio ingress 1.28.10 1-28-10

say '520-owner-ingress-front: rolled back'
