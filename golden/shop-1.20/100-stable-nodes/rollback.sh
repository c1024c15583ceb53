#!/bin/sh
# 100-stable-nodes: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-20-7 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-20-7
unlabel_nodes shop-1.20 meshplan.dev/pool blue-1 blue-2

say '100-stable-nodes: rolled back'
