# Pods of some labels on a node are there and ready: one of them.
ready() {
  conditions=$(kubectl get pods -n {{ action.namespace }} -l "$2" --field-selector "spec.nodeName=$1" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || return 1
  [ "$conditions" = True ]
}

# The server says beforehand which pods it would not evict, and kubectl which ones nobody would make anew.
empty() {
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --dry-run=server --timeout="${MESHPLAN_WAIT:-30}s" ||
    fail "node $1 cannot be drained: a PodDisruptionBudget has no room, or a pod has no controller (see above). It stays cordoned, with its ztunnel and its pods; make room, and run this again"
  for try in 1 2 3; do
    kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout={{ action.drain_timeout }}s
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
{% if action.soak %}

soak() {
  simulated {{ "a soak of " ~ action.soak ~ " seconds" }} && return 0
  waited=0
  while [ "$waited" -lt {{ action.soak }} ]; do
    echo "soak: $waited of {{ action.soak }} seconds"
    sleep 30
    waited=$((waited + 30))
  done
}
{% endif %}

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
  other=$(neighbour "$1" {{ action.hosts ~ "," ~ action.key ~ ("=" if action.back else "!=") ~ action.value }})
  [ -n "$other" ] || other=$(neighbour "$1" {{ action.hosts }})
  if [ -z "$other" ]; then
    echo "not probed, as there is no other node: $1"
    return 0
  fi
  unprobe
  kubectl create namespace meshplan-probe
  kubectl label namespace meshplan-probe istio.io/dataplane-mode=ambient{% for label in action.seen|default([]) %} {{ label }}{% endfor %}

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
