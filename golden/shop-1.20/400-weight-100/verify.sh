#!/bin/sh
# 400-weight-100: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

matches \
  "$here"/70-httproute-ingress-web.yaml
simulated 'HTTPRoute ingress/web is accepted and its references resolve' ||
  within 120 'HTTPRoute ingress/web is accepted and its references resolve' resolved web ingress front
soak 300

say '400-weight-100: verified'
