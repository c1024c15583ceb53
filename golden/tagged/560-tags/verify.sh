#!/bin/sh
# 560-tags: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

tag_is default istio-revision-tag-default 1-29-6 istiod-1-29-6
tag_is prod istio-revision-tag-prod 1-29-6

say '560-tags: verified'
