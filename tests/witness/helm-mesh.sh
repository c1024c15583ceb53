#!/bin/sh
# Installs a mesh with Helm and prints it: helm-mesh.sh BINARIES ISTIO VERSION OUT
#
# BINARIES is the output of binaries.sh. ISTIO is the output of istio.sh: its charts are installed as VERSION,
# next to its istiod. OUT gets the output of `kubectl get … -o yaml`; plans/fleet is such a folder.
set -eu
[ $# -eq 4 ] || { echo "usage: $0 BINARIES ISTIO VERSION OUT" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binaries=$1 istio=$2 version=$3 out=$4
scratch=$(mktemp -d)
trap 'kill "$istiod" 2>/dev/null || true; sh "$here/control-plane.sh" down "$binaries" "$scratch/cluster"; rm -rf "$scratch"' EXIT
istiod=
sh "$here/control-plane.sh" up "$binaries" "$scratch/cluster"
export KUBECONFIG="$scratch/cluster/kubeconfig" HELM_CACHE_HOME="$scratch/helm" HELM_CONFIG_HOME="$scratch/helm" \
  HELM_DATA_HOME="$scratch/helm"
kubectl() { command "$binaries/kubectl" "$@"; }

node() {
  cat <<NODE
---
apiVersion: v1
kind: Node
metadata:
  name: $1
  labels: {kubernetes.io/hostname: $1, kubernetes.io/os: linux, kubernetes.io/arch: amd64, node.example/group: $2}
  annotations: {kwok.x-k8s.io/node: fake}
NODE
}
for number in 1 2 3 4; do node "general-$number" general; done >"$scratch/nodes.yaml"
for number in 1 2 3; do node "memory-$number" memory; done >>"$scratch/nodes.yaml"
for number in 1 2; do node "spot-$number" spot; done >>"$scratch/nodes.yaml"
kubectl create -f "$scratch/nodes.yaml"
kubectl wait --for=condition=Ready node --all --timeout=60s
module=$(cd / && GOFLAGS=-mod=mod GOSUMDB=off go mod download -json sigs.k8s.io/gateway-api@v1.4.1 |
  sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
kubectl apply --server-side -k "$module/config/crd"

cp -R "$istio/charts" "$scratch/charts"
chmod -R u+w "$scratch/charts"
install() {
  sed -i "s/^version: .*/version: $version/; s/^appVersion: .*/appVersion: $version/" "$2/Chart.yaml"
  "$istio/helm" install "$1" "$2" --namespace istio-system --create-namespace \
    --set "global.tag=$version" --set global.hub=docker.io/istio --set profile=ambient
}
install istio-base "$scratch/charts/base"
install istiod "$scratch/charts/istio-control/istio-discovery"
install istio-cni "$scratch/charts/istio-cni"
install ztunnel "$scratch/charts/ztunnel"
(cd "$scratch" && REVISION=default POD_NAMESPACE=istio-system POD_NAME=istiod-here SERVICE_ACCOUNT=istiod \
  PILOT_ENABLE_AMBIENT=true exec "$istio"/pilot-discovery-1.31.0 discovery --kubeconfig "$KUBECONFIG" \
  --grpcAddr 127.0.0.1:47010 --httpAddr 127.0.0.1:47080 --httpsAddr 127.0.0.1:47017 \
  --secureGRPCAddr 127.0.0.1:47012 --monitoringAddr 127.0.0.1:47014 \
  --ctrlz_address 127.0.0.1 --ctrlz_port 47876) >"$scratch/istiod.log" 2>&1 </dev/null &
istiod=$!

# Sixty teams. Every tenth has a waypoint and a Gateway. Three more Gateways are in the namespace edge.
gateway() {
  cat <<GATEWAY
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: $2, namespace: $1}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: $3}}}]}
GATEWAY
}
route() {
  cat <<ROUTE
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: $1}
spec:
  parentRefs: [{name: $3, namespace: $2}]
  hostnames: [$1.example]
  rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [{name: web, port: 8080}]}]
ROUTE
}
{
  echo '{apiVersion: v1, kind: Namespace, metadata: {name: edge}}'
  for edge in public partners internal; do gateway edge "$edge" All; done
  number=0
  while [ "$number" -lt 60 ]; do
    number=$((number + 1))
    team=$(printf 'team-%02d' "$number")
    waypoint=
    [ $((number % 10)) -ne 0 ] || waypoint=', istio.io/use-waypoint: waypoint'
    cat <<TEAM
---
apiVersion: v1
kind: Namespace
metadata: {name: $team, labels: {istio.io/dataplane-mode: ambient$waypoint}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: $team}
spec: {selector: {app: web}, ports: [{name: http, port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: $team}
spec:
  replicas: $((number % 3 + 1))
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "registry.example/$team/web:1.$number"}]}}
TEAM
    case $((number % 10)) in
      0)
        cat <<WAYPOINT
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: $team, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
WAYPOINT
        gateway "$team" own Same
        route "$team" "$team" own
        ;;
      1 | 2) route "$team" edge public ;;
      3) route "$team" edge partners ;;
      4) route "$team" edge internal ;;
    esac
    [ $((number % 3)) -ne 2 ] || cat <<BUDGET
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: $team}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
BUDGET
  done
} >"$scratch/teams.yaml"
kubectl apply -f "$scratch/teams.yaml"
for kind in deployment daemonset; do
  kubectl get "$kind" -A -o 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' |
    while read -r namespace name; do
    kubectl rollout status "$kind/$name" -n "$namespace" --timeout=120s
  done
done
sleep 10

mkdir -p "$out"
dump() {
  file=$1
  shift
  kubectl get "$@" -o yaml >"$out/$file.yaml"
}
dump nodes nodes
dump namespaces namespaces
dump teams services,serviceaccounts,deployments,poddisruptionbudgets -A \
  --field-selector metadata.namespace!=istio-system
dump istio services,serviceaccounts,deployments,daemonsets,poddisruptionbudgets -n istio-system --show-managed-fields
dump gateways gateways.gateway.networking.k8s.io,httproutes,referencegrants -A
dump webhooks mutatingwebhookconfigurations,validatingwebhookconfigurations --show-managed-fields
kubectl get crd gateways.gateway.networking.k8s.io -o 'jsonpath={.metadata}' >"$scratch/crd.json"
{
  echo '{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": '
  cat "$scratch/crd.json"
  echo '}'
} >"$out/crds.json"
