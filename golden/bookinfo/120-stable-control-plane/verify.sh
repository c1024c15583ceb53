#!/bin/sh
# 120-stable-control-plane: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

runs 1.18.0-alpha.0 deployment istiod-1-18-0-alpha-0 istio-system
rolled_out deployment istiod-1-18-0-alpha-0 istio-system
tag_is default istio-revision-tag-default 1-18-0-alpha-0 istiod-1-18-0-alpha-0

say '120-stable-control-plane: verified'
