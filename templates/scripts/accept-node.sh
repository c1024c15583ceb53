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

# The node is taken when a pod of the mesh on it talks both ways with one on a node of the other pool, resolves a name and gets out.
accept() {
  if simulated "a pod of the mesh on $1 talks with one of the other pool"; then
    return 0
  fi
  if [ "${MESHPLAN_PROBE:-}" = no ]; then
    echo "not probed, as MESHPLAN_PROBE says no: $1"
    return 0
  fi
  others=$(kubectl get nodes -l {{ action.key ~ ("=" if action.back else "!=") ~ action.value }} -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}')
  other=$(printf '%s\n' "$others" | awk -v own="$1" 'NF && $0 != own { print; exit }')
  if [ -z "$other" ]; then
    others=$(kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}')
    other=$(printf '%s\n' "$others" | awk -v own="$1" 'NF && $0 != own { print; exit }')
  fi
  if [ -z "$other" ]; then
    echo "not probed, as there is no other node: $1"
    return 0
  fi
  unprobe
  {
    printf '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "meshplan-probe", "labels": {"istio.io/dataplane-mode": "ambient"}}}\n'
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
