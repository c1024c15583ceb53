#!/bin/sh
# 130-stable-ztunnel: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

kept_off meshplan.dev/pool canary ztunnel istio-system
within 300 'DaemonSet istio-system/ztunnel replaces no pod by itself, and all of its pods are ready' settled ztunnel istio-system

say '130-stable-ztunnel: verified'
