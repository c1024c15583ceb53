#!/bin/sh
# 301-nodes-general: node group general to the canary
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

# Nodes of the group that have not moved, or whose move was not finished.
left() {
  found=$(kubectl get nodes -l 'node.example/group=general,kubernetes.io/os!=windows' -o 'jsonpath={range .items[*]}{.metadata.name},{.metadata.labels.meshplan\.dev/pool},{.metadata.annotations.meshplan\.dev/moving}{"\n"}{end}') || fail 'the nodes with node.example/group=general cannot be listed'
  printf '%s\n' "$found" | awk -F , -v value=canary 'NF == 3 && ($2 != value || $3 != "") { print $1 }'
}

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

move() {
  mark=$(kubectl get node "$1" -o 'jsonpath={.metadata.annotations.meshplan\.dev/moving}')
  if [ -z "$mark" ]; then
    cordoned=$(kubectl get node "$1" -o 'jsonpath={.spec.unschedulable}')
    mark=open
    [ "$cordoned" != true ] || mark=cordoned
    kubectl annotate node "$1" meshplan.dev/moving="$mark" --overwrite
  fi
  kubectl cordon "$1"
  # What a run left that was stopped.
  unprobe
  empty "$1"
  kubectl delete pods -n istio-system -l k8s-app=istio-cni-node --field-selector "spec.nodeName=$1" --timeout=2m
  kubectl label node "$1" meshplan.dev/pool=canary --overwrite
  within 300 "istio-cni is ready on $1" ready "$1" k8s-app=istio-cni-node
  within 300 "ztunnel is ready on $1" ready "$1" app=ztunnel,meshplan.dev/revision=1-29-6
  accept "$1"
  # It was cordoned before for a reason that is not the plan's.
  [ "$mark" = cordoned ] || kubectl uncordon "$1"
  kubectl annotate node "$1" meshplan.dev/moving-
  echo "$1 has moved"
}

nodes=$(kubectl get nodes -l 'node.example/group=general,kubernetes.io/os!=windows' -o name)
[ -n "$nodes" ] || echo 'no node carries node.example/group=general; there is nothing to move'
batch=$((($(printf '%s\n' "$nodes" | wc -l) * 50 + 99) / 100))
waiting=$(left)
while [ -n "$waiting" ]; do
  # Names of nodes have no blanks.
  for node in $(printf '%s\n' "$waiting" | sed "${batch}q"); do
    move "$node"
  done
  waiting=$(left)
done

echo '301-nodes-general: applied. Next: sh 301-nodes-general/verify.sh'
