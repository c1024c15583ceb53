# Nodes of the group with the label, or without it.
with() {
  kubectl get nodes -l "$1" -o {{ "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}" }} || fail "the nodes with $1 cannot be listed"
}
{% set labelled = action.selector ~ "," ~ action.key ~ "=" ~ action.value %}
{% set bare = action.selector ~ "," ~ action.key ~ "!=" ~ action.value %}
come={{ bare if action.back else labelled }}
go={{ labelled if action.back else bare }}

{% include "scripts/nodes.sh" %}

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
    empty "$node"
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      within 900 "new nodes with $come are there, with istio-cni and ztunnel" joined
{% if action.soak %}
      soak
{% endif %}
    fi
  done
fi

gone() {
  left=$(with "$go")
  [ -z "$left" ]
}
within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone
