#!/bin/sh
# 650-default-tag: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

tag_is default istio-revision-tag-default 1-31-0 istiod-1-31-0

say '650-default-tag: verified'
