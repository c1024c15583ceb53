#!/bin/sh
# Installs a mesh with a revision and tags with istioctl, labels it as managed by other tools, and prints it:
# tagged-mesh.sh BINARIES ISTIO VERSION OUT
#
# BINARIES is the output of binaries.sh. ISTIO is the output of istio.sh: its istioctl installs images of
# VERSION. Labels and annotations are those that Flux and Argo CD add to the objects that they apply. OUT gets
# the output of `kubectl get … -o yaml`; plans/tagged is such a folder.
set -eu
[ $# -eq 4 ] || { echo "usage: $0 BINARIES ISTIO VERSION OUT" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binaries=$1 istio=$2 version=$3 out=$4
revision=$(printf %s "$version" | tr . -)
scratch=$(mktemp -d)
trap 'kill "$istiod" 2>/dev/null || true; sh "$here/control-plane.sh" down "$binaries" "$scratch/cluster"; rm -rf "$scratch"' EXIT
istiod=
sh "$here/control-plane.sh" up "$binaries" "$scratch/cluster"
export KUBECONFIG="$scratch/cluster/kubeconfig"
kubectl() { command "$binaries/kubectl" "$@"; }

for node in general-1:general general-2:general spot-1:spot; do
  cat <<NODE
---
apiVersion: v1
kind: Node
metadata:
  name: ${node%:*}
  labels: {kubernetes.io/hostname: ${node%:*}, kubernetes.io/os: linux, kubernetes.io/arch: amd64, node.example/group: ${node#*:}}
  annotations: {kwok.x-k8s.io/node: fake}
NODE
done >"$scratch/nodes.yaml"
kubectl create -f "$scratch/nodes.yaml"
kubectl wait --for=condition=Ready node --all --timeout=60s
module=$(cd / && GOFLAGS=-mod=mod GOSUMDB=off go mod download -json sigs.k8s.io/gateway-api@v1.4.1 |
  sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
kubectl apply --server-side -k "$module/config/crd"

"$istio/istioctl-1.31.0" install --skip-confirmation --set profile=ambient --set hub=docker.io/istio \
  --set "tag=$version" --set "revision=$revision"
"$istio/istioctl-1.31.0" tag set prod --revision "$revision" --skip-confirmation
(cd "$scratch" && REVISION=$revision POD_NAMESPACE=istio-system POD_NAME=istiod-here SERVICE_ACCOUNT=istiod \
  PILOT_ENABLE_AMBIENT=true exec "$istio"/pilot-discovery-1.31.0 discovery --kubeconfig "$KUBECONFIG" \
  --grpcAddr 127.0.0.1:47010 --httpAddr 127.0.0.1:47080 --httpsAddr 127.0.0.1:47017 \
  --secureGRPCAddr 127.0.0.1:47012 --monitoringAddr 127.0.0.1:47014 \
  --ctrlz_address 127.0.0.1 --ctrlz_port 47876) >"$scratch/istiod.log" 2>&1 </dev/null &
istiod=$!

kubectl apply -f - <<'SHOP'
apiVersion: v1
kind: Namespace
metadata: {name: ingress}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: front
  namespace: ingress
  labels: {istio.io/rev: prod}
  annotations: {argocd.argoproj.io/tracking-id: "edge:gateway.networking.k8s.io/Gateway:ingress/front"}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: front, namespace: ingress}]
  hostnames: [shop.example]
  rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [{name: web, port: 8080}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "registry.example/shop/web:2.4"}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
SHOP
kubectl label daemonset istio-cni-node -n istio-system helm.toolkit.fluxcd.io/name=istio-cni \
  helm.toolkit.fluxcd.io/namespace=mesh
kubectl label daemonset ztunnel -n istio-system helm.toolkit.fluxcd.io/name=ztunnel \
  helm.toolkit.fluxcd.io/namespace=mesh
sleep 10
for kind in deployment daemonset; do
  kubectl get "$kind" -A -o 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' |
    while read -r namespace name; do
    kubectl rollout status "$kind/$name" -n "$namespace" --timeout=120s
  done
done

mkdir -p "$out"
dump() {
  file=$1
  shift
  kubectl get "$@" -o yaml >"$out/$file.yaml"
}
dump nodes nodes
dump namespaces namespaces
dump workloads -A services,serviceaccounts,deployments,daemonsets,statefulsets,poddisruptionbudgets
dump gateways -A gateways.gateway.networking.k8s.io,httproutes,referencegrants
dump webhooks mutatingwebhookconfigurations,validatingwebhookconfigurations
kubectl get crd gateways.gateway.networking.k8s.io -o 'jsonpath={"{"}"apiVersion":"{.apiVersion}","kind":"{.kind}","metadata":{"{"}"name":"{.metadata.name}","annotations":{.metadata.annotations}{"}}"}' >"$out/crds.json"
