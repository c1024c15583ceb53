#!/bin/sh
# 530-default-tag: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

tag_is default istio-revision-tag-default 1-30-3 istiod-1-30-3
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '530-default-tag: verified'
