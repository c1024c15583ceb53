#!/bin/sh
# 190-enrolment: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

expect ambient '{.metadata.labels.istio\.io/dataplane-mode}' namespace bookinfo-1-29-6
simulated 'every pod of bookinfo-1-29-6 is part of the mesh' || within 120 'every pod of bookinfo-1-29-6 is part of the mesh' captured bookinfo-1-29-6
simulated 'probe product page' ||
  within 60 'probe product page' probe http://172.18.255.202/productpage '' 200 '<title>Simple Bookstore App</title>'

say '190-enrolment: verified'
