#!/bin/sh
# A kind cluster with MetalLB to try the plan on. Run it again after any failure.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -e "$here"/../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

cluster=ambient
if kind get clusters | grep -qx -- "$cluster"; then
  echo "kind cluster $cluster is there already; if it is only half made, lab/down.sh takes it away"
  kind export kubeconfig --name "$cluster"
else
  kind create cluster --config "$here"/kind/cluster.yaml --wait 5m
fi

kubectl() {
  command "${KUBECTL:-kubectl}" "--context=kind-$cluster" "$@"
}
kubectl wait node --all --for=condition=Ready --timeout=5m

kubectl apply -f https://raw.githubusercontent.com/metallb/metallb/v0.13.7/config/manifests/metallb-native.yaml
kubectl rollout status deployment/controller -n metallb-system --timeout=5m
kubectl rollout status daemonset/speaker -n metallb-system --timeout=5m

# MetalLB's webhook answers a little later than its Deployment is ready.
tries=30
until kubectl apply -f "$here"/metallb/; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 2
done

echo "MetalLB gives out what lab/metallb says. These are the networks of kind's nodes, which must contain it:"
docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}} {{end}}' kind
echo "The cluster's context is kind-$cluster."
