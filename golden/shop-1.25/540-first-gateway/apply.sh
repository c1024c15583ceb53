#!/bin/sh
# 540-first-gateway: gateway front goes
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

# Nobody but you can know this: DNS records, and clients that keep an address.
[ "${MESHPLAN_CLIENTS_MOVED:-}" = yes ] || simulated 'clients have moved' ||
  fail 'move the clients of front to front-1-25-5 first (their DNS records), then run this with MESHPLAN_CLIENTS_MOVED=yes'
delete \
  "$here"/delete/70-httproute-ingress-web.yaml \
  "$here"/delete/65-gateway-ingress-front.yaml

say '540-first-gateway: applied. Next: sh 540-first-gateway/verify.sh'
