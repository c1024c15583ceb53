# Nodes of the group with the label, or without it.
with() {
  kubectl get nodes -l "$1" -o {{ "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}" }} || fail "the nodes with $1 cannot be listed"
}
{% set labelled = action.selector ~ "," ~ action.key ~ "=" ~ action.value %}
{% set bare = action.selector ~ "," ~ action.key ~ "!=" ~ action.value %}
come={{ bare if action.back else labelled }}
go={{ labelled if action.back else bare }}

# Pods of some labels on a node are there and ready: one of them.
ready() {
  conditions=$(kubectl get pods -n {{ action.namespace }} -l "$2" --field-selector "spec.nodeName=$1" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || return 1
  [ "$conditions" = True ]
}

{% include "scripts/accept-node.sh" %}

# New nodes are there, and each has what a node of the mesh needs.
joined() {
  nodes=$(with "$come")
  [ -n "$nodes" ] || return 1
  for node in $nodes; do
    ready "$node" k8s-app=istio-cni-node || return 1
    ready "$node" {{ action.ztunnel }} || return 1
  done
}

old=$(with "$go")
if [ -n "$old" ]; then
  if [ "${MESHPLAN_ON_DEMAND:-}" = yes ]; then
    echo 'not waited for: new nodes, which come when pods wait for them'
  else
    within 900 "new nodes with $come are there, with istio-cni and ztunnel (MESHPLAN_ON_DEMAND=yes where they come only when pods wait for them)" joined
  fi
  for node in $(with "$come"); do
    accept "$node"
  done
  # All of them before the first is drained, so that no pod comes to another one that goes.
  for node in $old; do
    kubectl cordon "$node"
  done
{% if "%" in action.batch %}
  batch=$((($(printf '%s\n' "$old" | wc -l) * {{ action.batch|replace("%", "")|raw }} + 99) / 100))
{% else %}
  batch={{ action.batch }}
{% endif %}
  drained=0
  for node in $old; do
    # The server says beforehand which pods it would not evict, and kubectl which ones nobody would make anew.
    kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --dry-run=server --timeout="${MESHPLAN_WAIT:-30}s" ||
      fail "node $node cannot be drained: a PodDisruptionBudget has no room, or a pod has no controller (see above). It stays cordoned, with its ztunnel and its pods; make room, and run this again"
    kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --timeout={{ action.drain_timeout }}s
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      within 900 "new nodes with $come are there, with istio-cni and ztunnel" joined
{% if action.soak %}
      if ! simulated {{ "a soak of " ~ action.soak ~ " seconds" }}; then
        waited=0
        while [ "$waited" -lt {{ action.soak }} ]; do
          echo "soak: $waited of {{ action.soak }} seconds"
          sleep 30
          waited=$((waited + 30))
        done
      fi
{% endif %}
    fi
  done
fi

gone() {
  left=$(with "$go")
  [ -z "$left" ]
}
within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone
