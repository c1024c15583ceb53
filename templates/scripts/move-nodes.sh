# Nodes of the group that have not moved, or whose move was not finished.
left() {
  found=$(kubectl get nodes -l {{ action.selector ~ "," ~ action.hosts }} -o {{ "jsonpath={range .items[*]}{.metadata.name},{.metadata.labels." ~ action.key|replace(".", "\\.") ~ "},{.metadata.annotations.meshplan\\.dev/moving}{\"\\n\"}{end}" }}) || fail {{ "the nodes with " ~ action.selector ~ " cannot be listed" }}
  printf '%s\n' "$found" | awk -F , -v value={{ action.value }} 'NF == 3 && ($2 {{ ("==" if action.back else "!=")|raw }} value || $3 != "") { print $1 }'
}

{% include "scripts/nodes.sh" %}

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
{% if action.back %}
  kubectl label node "$1" {{ action.key ~ "-" }}
{% else %}
  kubectl delete pods -n {{ action.namespace }} -l k8s-app=istio-cni-node --field-selector "spec.nodeName=$1" --timeout=2m
  kubectl label node "$1" {{ action.key ~ "=" ~ action.value }} --overwrite
{% endif %}
  within 300 "istio-cni is ready on $1" ready "$1" k8s-app=istio-cni-node
  within 300 "ztunnel is ready on $1" ready "$1" {{ action.ztunnel }}
  accept "$1"
  # It was cordoned before for a reason that is not the plan's.
  [ "$mark" = cordoned ] || kubectl uncordon "$1"
  kubectl annotate node "$1" meshplan.dev/moving-
  echo "$1 has moved"
}

nodes=$(kubectl get nodes -l {{ action.selector ~ "," ~ action.hosts }} -o name)
[ -n "$nodes" ] || echo {{ "no node carries " ~ action.selector ~ "; there is nothing to move" }}
{% if "%" in action.batch %}
batch=$((($(printf '%s\n' "$nodes" | wc -l) * {{ action.batch|replace("%", "")|raw }} + 99) / 100))
{% else %}
batch={{ action.batch }}
{% endif %}
waiting=$(left)
while [ -n "$waiting" ]; do
  # Names of nodes have no blanks.
  for node in $(printf '%s\n' "$waiting" | sed "${batch}q"); do
    move "$node"
  done
  waiting=$(left)
{% if action.soak %}
  [ -z "$waiting" ] || soak
{% endif %}
done
