#!/bin/sh
# 200-canary-nodes: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-20-8 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-20-8
unlabel_nodes shop-1.20 meshplan.dev/pool green-1

say '200-canary-nodes: rolled back'
