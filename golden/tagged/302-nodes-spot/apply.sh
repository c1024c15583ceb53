#!/bin/sh
# 302-nodes-spot: node group spot to the canary, by new nodes
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -e "$here"/../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

fail() {
  echo "meshplan: $*" >&2
  exit 1
}

kubectl() {
  command "${KUBECTL:-kubectl}" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} "$@"
}

simulated() {
  [ "${MESHPLAN_SIMULATED:-}" = 1 ] || return 1
  echo "skipped, as nothing runs in a simulated cluster: $1"
}

# within SECONDS WHAT COMMAND: tries the command every other second until it succeeds.
within() {
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until "$@"; do
    [ "$waited" -lt "$limit" ] || fail "not so within $limit seconds: $what"
    sleep 2
    waited=$((waited + 2))
  done
  echo "$what"
}

# Nodes of the group with the label, or without it.
with() {
  kubectl get nodes -l "$1" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' || fail "the nodes with $1 cannot be listed"
}
come='node.example/group=spot,kubernetes.io/os!=windows,meshplan.dev/pool=canary'
go='node.example/group=spot,kubernetes.io/os!=windows,meshplan.dev/pool!=canary'

# Pods of some labels on a node are there and ready: one of them.
ready() {
  conditions=$(kubectl get pods -n istio-system -l "$2" --field-selector "spec.nodeName=$1" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || return 1
  [ "$conditions" = True ]
}

# The server says beforehand which pods it would not evict, and kubectl which ones nobody would make anew.
empty() {
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --dry-run=server --timeout="${MESHPLAN_WAIT:-30}s" ||
    fail "node $1 cannot be drained: a PodDisruptionBudget has no room, or a pod has no controller (see above). It stays cordoned, with its ztunnel and its pods; make room, and run this again"
  for try in 1 2 3; do
    kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout=300s
    left=$(on_node "$1")
    [ -n "$left" ] || return 0
    echo "after drain $try there came to $1:" "$left"
  done
  # What tolerates a cordon comes back each time, as some operators do; it may, unless it is part of the mesh.
  case $left in
    *' enabled'*) fail "pods of the mesh keep coming to $1 although it is cordoned; it stays cordoned, with its ztunnel" ;;
  esac
}

# Pods of a node but those of DaemonSets and of the node itself: one that the scheduler had bound before it knew of the cordon is not among those
# that a drain looks for when it begins.
on_node() {
  pods=$(kubectl get pods -A --field-selector "spec.nodeName=$1,status.phase!=Succeeded,status.phase!=Failed" -o 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.ownerReferences[0].kind} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || fail "the pods on $1 cannot be listed"
  printf '%s\n' "$pods" | awk 'NF && $2 != "DaemonSet" && $2 != "Node" { print $1, $3 }'
}

# MESHPLAN_PROBE_IMAGE is agnhost, of Kubernetes' own tests, or an image with its commands; MESHPLAN_PROBE_OUT is what a pod has to reach by name;
# MESHPLAN_PROBE=no goes without.
probe_pod() {
  printf '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s", "namespace": "meshplan-probe"}, "spec": {"nodeName": "%s", "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "tolerations": [{"operator": "Exists"}], "containers": [{"name": "probe", "image": "%s", "args": ["netexec", "--http-port=8080"]}]}}\n' \
    "$1" "$2" "${MESHPLAN_PROBE_IMAGE:-registry.k8s.io/e2e-test-images/agnhost:2.53}"
}

# Pods without a controller would stop the next drain.
unprobe() {
  kubectl delete namespace meshplan-probe --ignore-not-found --timeout=2m
}

address() {
  kubectl get pod "$1" -n meshplan-probe -o 'jsonpath={.status.podIP}'
}

reaches() {
  kubectl exec -n meshplan-probe "$1" -- /agnhost connect "$2" --timeout=5s
}

# Another node that pods can come to.
neighbour() {
  others=$(kubectl get nodes -l "$2" -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || fail "the nodes with $2 cannot be listed"
  printf '%s\n' "$others" | awk -v own="$1" '$1 != own && $2 == "True" { print $1; exit }'
}

# The node is taken when a pod of the mesh on it talks both ways with one on a node of the other pool, resolves a name and gets out.
accept() {
  if simulated "a pod of the mesh on $1 talks with one of the other pool"; then
    return 0
  fi
  if [ "${MESHPLAN_PROBE:-}" = no ]; then
    echo "not probed, as MESHPLAN_PROBE says no: $1"
    return 0
  fi
  other=$(neighbour "$1" 'kubernetes.io/os!=windows,meshplan.dev/pool!=canary')
  [ -n "$other" ] || other=$(neighbour "$1" 'kubernetes.io/os!=windows')
  if [ -z "$other" ]; then
    echo "not probed, as there is no other node: $1"
    return 0
  fi
  unprobe
  kubectl create namespace meshplan-probe
  kubectl label namespace meshplan-probe istio.io/dataplane-mode=ambient
  {
    probe_pod here "$1"
    probe_pod there "$other"
  } | kubectl apply -f -
  kubectl wait pod/here pod/there -n meshplan-probe --for=condition=Ready --timeout="${MESHPLAN_WAIT:-180}s" ||
    fail "a pod of the mesh does not start on $1 or $other; $1 stays cordoned (MESHPLAN_PROBE_IMAGE names another image, MESHPLAN_PROBE=no goes without)"
  for pod in here there; do
    mode=$(kubectl get pod "$pod" -n meshplan-probe -o 'jsonpath={.metadata.annotations.ambient\.istio\.io/redirection}')
    [ "$mode" = enabled ] || fail "pod meshplan-probe/$pod is not part of the mesh; $1 stays cordoned"
  done
  near=$(address here)
  far=$(address there)
  within 60 "a pod on $1 reaches one on $other" reaches here "$far:8080"
  within 60 "a pod on $other reaches one on $1" reaches there "$near:8080"
  within 60 "a pod on $1 resolves a name and gets out" reaches here "${MESHPLAN_PROBE_OUT:-kubernetes.default.svc:443}"
  unprobe
}

# New nodes are there, and each has what a node of the mesh needs.
joined() {
  new=$(with "$come") || return 1
  [ -n "$new" ] || return 1
  for node in $new; do
    ready "$node" k8s-app=istio-cni-node || return 1
    ready "$node" app=ztunnel,meshplan.dev/revision=1-29-6 || return 1
  done
}

wait_for_new() {
  new=$(with "$come")
  if [ -z "$new" ] && [ "${MESHPLAN_ON_DEMAND:-}" = yes ]; then
    echo 'not waited for: new nodes, which come when pods wait for them'
  else
    within 900 "new nodes with $come are there, with istio-cni and ztunnel (MESHPLAN_ON_DEMAND=yes where they come only when pods wait for them)" joined
  fi
}

# All are gone, or another one has joined.
gone() {
  left=$(with "$go") || return 1
  [ -n "$left" ] || return 0
  for node in $left; do
    printf '%s\n' "$old" | grep -qxF -- "$node" || return 0
  done
  return 1
}

# What a run left that was stopped.
unprobe
old=$(with "$go")
if [ -n "$old" ]; then
  wait_for_new
  for node in $new; do
    accept "$node"
  done
fi
rounds=0
while [ -n "$old" ]; do
  rounds=$((rounds + 1))
  [ "$rounds" -le 5 ] || fail "nodes with $go keep joining; what makes them has to stop (a Karpenter NodePool: limits of zero), and then run this again"
  # All of them before the first is drained, so that no pod comes to another one that goes.
  for node in $old; do
    kubectl cordon "$node"
  done
  batch=$((($(printf '%s\n' "$old" | wc -l) * 50 + 99) / 100))
  drained=0
  for node in $old; do
    empty "$node"
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      wait_for_new
    fi
  done
  wait_for_new
  within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone
  old=$(with "$go")
done

echo '302-nodes-spot: applied. Next: sh 302-nodes-spot/verify.sh'
