#!/bin/sh
# 130-stable-ztunnel: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

within 120 'no pod app=ztunnel,meshplan.dev/revision=1-31-0 is left in istio-system' no_pods istio-system app=ztunnel,meshplan.dev/revision=1-31-0
patch "$here"/rollback/patch/40-daemonset-istio-system-ztunnel.yaml
not_kept_off meshplan.dev/pool canary ztunnel istio-system

say '130-stable-ztunnel: rolled back'
