#!/bin/sh
# 650-default-tag: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

delete_tag default istio-revision-tag-default 1-31-0 \
  "$here"/rollback/delete/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
  "$here"/rollback/delete/02-validatingwebhookconfiguration-istiod-default-validator.yaml \
  "$here"/rollback/delete/30-service-istio-system-istiod-revision-tag-default.yaml

say '650-default-tag: rolled back'
