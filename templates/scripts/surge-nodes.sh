{% set pool = "," ~ action.hosts ~ "," ~ action.key %}
{% set labelled = action.surge ~ pool ~ "=" ~ action.value %}
{% set bare = action.selector ~ pool ~ "!=" ~ action.value %}
come={{ bare if action.back else labelled }}
go={{ labelled if action.back else bare }}

with_labels() {
  list '{.metadata.name}' nodes -l "$1"
}

# New nodes have joined, and istio-cni and ztunnel are ready on each.
joined() (
  new=$(with_labels "$come") || exit
  [ -n "$new" ] || fail "no node has joined"
  for node in $new; do
    pod_ready "$node" {{ action.namespace }} k8s-app=istio-cni-node || exit
    pod_ready "$node" {{ action.namespace }} {{ action.ztunnel }} || exit
  done
)

wait_for_new() {
  new=$(with_labels "$come")
  if [ -z "$new" ] && [ "${MESHPLAN_ON_DEMAND:-}" = yes ]; then
    say 'the script does not wait for new nodes: they join when pods are pending'
  else
    within 900 "new nodes with $come have joined, with istio-cni and ztunnel (set MESHPLAN_ON_DEMAND=yes if nodes join only when pods are pending)" joined
    new=$(with_labels "$come")
  fi
}

# All old nodes are gone, or another one has joined.
gone_or_joined() (
  left=$(with_labels "$go") || exit
  for node in $left; do
    printf '%s\n' "$old" | grep -qxF -- "$node" || exit 0
  done
  [ -z "$left" ] || fail "these nodes still exist:" "$left"
)

# An interrupted run may have left probe pods.
remove_probe_pods
old=$(with_labels "$go")
if [ -n "$old" ]; then
  wait_for_new
  for node in $new; do
    accept "$node" {{ action.hosts ~ "," ~ action.key ~ ("=" if action.back else "!=") ~ action.value }} {{ action.hosts }}{% for label in action.seen|default([]) %} {{ label }}{% endfor %}

  done
fi
rounds=0
while [ -n "$old" ]; do
  rounds=$((rounds + 1))
  [ "$rounds" -le 5 ] || fail "nodes with $go keep joining; stop the autoscaler that creates them (for a Karpenter NodePool, set its limits to zero), then run this script again"
  # Cordon all old nodes before the first drain, so that no pod moves to another old node.
  for node in $old; do
    cordon "$node"
  done
{% if "%" in action.batch %}
  batch=$((($(printf '%s\n' "$old" | grep -c .) * {{ action.batch|replace("%", "")|raw }} + 99) / 100))
{% else %}
  batch={{ action.batch }}
{% endif %}
  drained=0
  for node in $old; do
    drain "$node" {{ action.drain_timeout }}
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      wait_for_new
{% if action.soak %}
      soak_between_batches {{ action.soak }}
{% endif %}
    fi
  done
  wait_for_new
  within 1800 'the drained nodes are gone (if no autoscaler deletes them, delete them where your node groups are configured)' gone_or_joined
  old=$(with_labels "$go")
done
