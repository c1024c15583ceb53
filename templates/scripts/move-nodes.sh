{% set group = action.selector ~ "," ~ action.hosts %}
# Nodes of the group that have not moved, or whose move is not finished.
left() (
  found=$(list {{ "{.metadata.name},{.metadata.labels." ~ action.key|replace(".", "\\.") ~ "},{.metadata.annotations.meshplan\\.dev/moving}" }} nodes -l {{ group }}) || exit
  printf '%s\n' "$found" | awk -F , -v value={{ action.value }} {{ "NF == 3 && ($2 " ~ ("==" if action.back else "!=") ~ " value || $3 != \"\") { print $1 }" }}
)

move() {
  note_cordon "$1"
  cordon "$1"
  # An interrupted run may have left probe pods.
  remove_probe_pods
  drain "$1" {{ action.drain_timeout }}
{% if action.back %}
  label {{ action.key }} '' node "$1"
{% else %}
  replace_pod "$1" {{ action.namespace }} k8s-app=istio-cni-node
  label {{ action.key }} {{ action.value }} node "$1"
{% endif %}
  within 300 "istio-cni is ready on $1" pod_ready "$1" {{ action.namespace }} k8s-app=istio-cni-node
  within 300 "ztunnel is ready on $1" pod_ready "$1" {{ action.namespace }} {{ action.ztunnel }}
  accept "$1" {{ action.hosts ~ "," ~ action.key ~ ("=" if action.back else "!=") ~ action.value }} {{ action.hosts }}{% for label in action.seen|default([]) %} {{ label }}{% endfor %}

  uncordon "$1"
  say "$1 has moved"
}

nodes=$(list '{.metadata.name}' nodes -l {{ group }})
[ -n "$nodes" ] || say {{ "no node matches " ~ action.selector ~ "; there is nothing to move" }}
{% if "%" in action.batch %}
batch=$((($(printf '%s\n' "$nodes" | grep -c .) * {{ action.batch|replace("%", "")|raw }} + 99) / 100))
{% else %}
batch={{ action.batch }}
{% endif %}
waiting=$(left)
while [ -n "$waiting" ]; do
  # Node names have no blanks.
  for node in $(printf '%s\n' "$waiting" | sed "${batch}q"); do
    move "$node"
  done
  waiting=$(left)
{% if action.soak %}
  [ -z "$waiting" ] || soak_between_batches {{ action.soak }}
{% endif %}
done
