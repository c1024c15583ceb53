#!/bin/sh
# 560-tags: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

restore \
  "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-default.yaml \
  "$here"/rollback/restore/30-service-istio-system-istiod-revision-tag-prod.yaml \
  "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-default.yaml \
  "$here"/rollback/restore/02-mutatingwebhookconfiguration-istio-revision-tag-prod.yaml \
  "$here"/rollback/restore/02-validatingwebhookconfiguration-istiod-default-validator.yaml
tag_is default istio-revision-tag-default 1-28-10 istiod-1-28-10
tag_is prod istio-revision-tag-prod 1-28-10

say '560-tags: rolled back'
