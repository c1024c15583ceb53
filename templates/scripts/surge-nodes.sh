# Nodes of the group with the label, or without it.
with() {
  kubectl get nodes -l "$1" -o {{ "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}" }} || fail "the nodes with $1 cannot be listed"
}
{% set pool = "," ~ action.hosts ~ "," ~ action.key %}
{% set labelled = action.surge ~ pool ~ "=" ~ action.value %}
{% set bare = action.selector ~ pool ~ "!=" ~ action.value %}
come={{ bare if action.back else labelled }}
go={{ labelled if action.back else bare }}

{% include "scripts/nodes.sh" %}

# New nodes are there, and each has what a node of the mesh needs.
joined() {
  new=$(with "$come") || return 1
  [ -n "$new" ] || return 1
  for node in $new; do
    ready "$node" k8s-app=istio-cni-node || return 1
    ready "$node" {{ action.ztunnel }} || return 1
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
      wait_for_new
{% if action.soak %}
      soak
{% endif %}
    fi
  done
  wait_for_new
  within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone
  old=$(with "$go")
done
