#!/bin/sh
# 660-nodes-to-canary: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 300 'each node of the pool node.example/pool=green has a ready pod of ztunnel-1-30-3' covers node.example/pool=green ztunnel-1-30-3 istio-system
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '660-nodes-to-canary: verified'
