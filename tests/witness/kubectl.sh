#!/bin/sh
# kubectl for a machine without access to GitHub. It takes remote resources of a kustomization from the Go
# module of their release.
#
# MESHPLAN_WITNESS_KUBECTL is the real kubectl.
set -eu
kubectl=${MESHPLAN_WITNESS_KUBECTL:?}

folder=
previous=
for argument in "$@"; do
  [ "$previous" != -k ] || folder=$argument
  previous=$argument
done
if [ -z "$folder" ] || ! grep -q '^- .*gateway-api' "$folder/kustomization.yaml"; then
  exec "$kubectl" "$@"
fi

context=
case $1 in
  --context=*) context=$1 ;;
esac
sed -n 's/^- "\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$folder/kustomization.yaml" | while read -r resource; do
  case $resource in
    *'?ref='*)
      release=${resource##*'?ref='}
      path=${resource#*gateway-api/}
      path=${path%%'?'*}
      ;;
    */gateway-api/v*)
      path=${resource#*/gateway-api/}
      release=${path%%/*}
      path=${path#*/}
      ;;
    *) path=$folder/$resource release= ;;
  esac
  if [ -n "$release" ]; then
    module=$(cd / && GOFLAGS=-mod=mod GOSUMDB=off go mod download -json "sigs.k8s.io/gateway-api@$release" |
      sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
    path=$module/$path
  fi
  if [ -d "$path" ]; then
    "$kubectl" ${context:+"$context"} apply --server-side -k "$path"
  else
    "$kubectl" ${context:+"$context"} apply --server-side -f "$path"
  fi
done
