#!/bin/sh
# 130-stable-ztunnel: ztunnel on every node without meshplan.dev/pool=canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

patch "$here"/patch/40-daemonset-istio-system-ztunnel.yaml

say '130-stable-ztunnel: applied. Next: sh 130-stable-ztunnel/verify.sh'
