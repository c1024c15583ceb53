#!/bin/sh
# Creates a kind cluster with MetalLB to test the plan. After a failure, run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

cluster=ambient
if kind get clusters | grep -qx -- "$cluster"; then
  echo "kind cluster $cluster already exists; if it is incomplete, run lab/down.sh first"
  kind export kubeconfig --name "$cluster"
else
  kind create cluster --config "$here"/kind/cluster.yaml --wait 5m
fi

MESHPLAN_CONTEXT=kind-$cluster
kubectl wait node --all --for=condition=Ready --timeout=5m

kubectl apply -f https://raw.githubusercontent.com/metallb/metallb/v0.13.7/config/manifests/metallb-native.yaml
kubectl rollout status deployment/controller -n metallb-system --timeout=5m
kubectl rollout status daemonset/speaker -n metallb-system --timeout=5m

# MetalLB's webhook answers a little after its Deployment is ready.
within 60 "MetalLB accepts its addresses" kubectl apply -f "$here"/metallb/

echo "MetalLB assigns the addresses in lab/metallb. The networks of kind's nodes must contain them:"
docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}} {{end}}' kind
echo "The context of the cluster is kind-$cluster."
