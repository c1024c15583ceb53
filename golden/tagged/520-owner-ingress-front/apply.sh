#!/bin/sh
# 520-owner-ingress-front: Gateway ingress/front to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

check_1() {
  expect 1-29-6 '{.metadata.labels.istio\.io/rev}' gateway.gateway.networking.k8s.io front ingress
}
how_1() {
  say 'Gateway ingress/front, wherever it is written:'
  say metadata:
  say '  labels:'
  say '    istio.io/rev: "1-29-6"'
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

say '520-owner-ingress-front: applied. Next: sh 520-owner-ingress-front/verify.sh'
