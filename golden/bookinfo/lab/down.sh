#!/bin/sh
# Deletes the kind cluster.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

kind delete cluster --name ambient
