#!/bin/sh
# 190-enrolment: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect ambient '{.metadata.labels.istio\.io/dataplane-mode}' namespace shop-1-29-6
simulated 'every pod of shop-1-29-6 is part of the mesh' || within 120 'every pod of shop-1-29-6 is part of the mesh' captured shop-1-29-6
simulated 'probe cart' ||
  within 60 'probe cart' probe http://shop.example/cart '' 200 '' content-type text/html

say '190-enrolment: verified'
