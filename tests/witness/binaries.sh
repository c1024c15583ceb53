#!/bin/sh
# Builds the binaries of a control plane with simulated kubelets from public sources: binaries.sh FOLDER
#
# kube-apiserver, kube-controller-manager, kube-scheduler and kubectl come from the Go module k8s.io/kubernetes,
# kwok from its Go module, and etcd from Debian's package. Files that already exist in FOLDER are not built
# again. Needs Go, and apt-get if etcd is not installed. The first run takes about eight minutes on two cores
# and 4 GiB.
set -eu
kubernetes=v1.34.4
kwok=v0.8.0

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod GOSUMDB=off GOTOOLCHAIN=local

missing() {
  for name in "$@"; do
    [ -x "$folder/$name" ] || return 0
  done
  return 1
}

if missing kube-apiserver kube-controller-manager kube-scheduler kubectl; then
  mkdir "$work/kubernetes"
  cd "$work/kubernetes"
  source=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
  # go.mod lists the staging modules as v0.0.0 and replaces them with folders. The proxy has them as
  # v0.MINOR.PATCH.
  cp "$source/go.mod" go.mod
  sed -i -e '/^replace/,/^)/d' -e '/=> \.\/staging/d' -e 's/^module .*/module witness/' go.mod
  staging=v0.${kubernetes#v1.}
  sed -n 's/^[[:space:]]*\(k8s\.io\/[^ ]*\) v0\.0\.0\( .*\)*$/\1/p' go.mod >modules
  while read -r module; do
    go mod edit -replace "$module=$module@$staging"
  done <modules
  go mod edit -require "k8s.io/kubernetes@$kubernetes"
  cat > tools.go <<'GO'
//go:build tools

package witness

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
GO
  go mod tidy
  for name in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
    if missing "$name"; then
      go build -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes" \
        -o "$folder/$name.part" "k8s.io/kubernetes/cmd/$name"
      mv "$folder/$name.part" "$folder/$name"
    fi
  done
fi

if missing kwok; then
  mkdir "$work/kwok"
  cd "$work/kwok"
  go mod init witness >/dev/null 2>&1
  go mod edit -require "sigs.k8s.io/kwok@$kwok"
  printf '//go:build tools\n\npackage witness\n\nimport _ "sigs.k8s.io/kwok/cmd/kwok"\n' > tools.go
  # kwok's go.mod replaces modules. A module that needs kwok must repeat these replacements.
  source=$(go mod download -json "sigs.k8s.io/kwok@$kwok" | sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
  go mod edit -json "$source/go.mod" | tr -d '\n\t ' | grep -o '"Old":{[^}]*},"New":{[^}]*}' |
    sed -n 's/"Old":{"Path":"\([^"]*\)"[^}]*},"New":{"Path":"\([^".][^"]*\)","Version":"\([^"]*\)"}/\1=\2@\3/p' |
    while read -r replace; do go mod edit -replace "$replace"; done
  go mod tidy
  go build -trimpath -ldflags '-s -w' -o "$folder/kwok.part" sigs.k8s.io/kwok/cmd/kwok
  mv "$folder/kwok.part" "$folder/kwok"
fi

if ! [ -e "$folder/stages.yaml" ]; then
  # The stages make KWOK's nodes and pods ready at once.
  source=$(cd "$work" && go mod download -json "sigs.k8s.io/kwok@$kwok" | sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
  for stage in node/fast node/heartbeat-with-lease pod/fast; do
    for file in "$source/kustomize/stage/$stage"/*.yaml; do
      case $file in
        */kustomization.yaml) ;;
        *) echo '---' && cat "$file" ;;
      esac
    done
  done >"$folder/stages.part"
  mv "$folder/stages.part" "$folder/stages.yaml"
fi

if missing etcd; then
  if etcd=$(command -v etcd); then
    cp "$etcd" "$folder/etcd"
  else
    cd "$work"
    apt-get download etcd-server
    dpkg-deb -x etcd-server_*.deb etcd
    cp etcd/usr/bin/etcd "$folder/etcd"
  fi
fi
