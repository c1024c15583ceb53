# Nodes of the group that have not moved, or whose move was not finished.
left() {
  kubectl get nodes -l {{ action.selector }} -o {{ "jsonpath={range .items[*]}{.metadata.name},{.metadata.labels." ~ action.key|replace(".", "\\.") ~ "},{.metadata.annotations.meshplan\\.dev/moving}{\"\\n\"}{end}" }} |
    while IFS=, read -r node label mark; do
{% if action.back %}
      [ "$label" != {{ action.value }} ] && [ -z "$mark" ] || echo "$node"
{% else %}
      [ "$label" = {{ action.value }} ] && [ -z "$mark" ] || echo "$node"
{% endif %}
    done
}

# A PodDisruptionBudget without room would hold the drain up until it gives up.
room() {
  kubectl get poddisruptionbudgets -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace} {.metadata.name} {.spec.selector.matchLabels}{"\n"}{end}' |
    while read -r namespace name labels; do
      selector=$(printf '%s' "$labels" | tr -d '{}" ' | tr ':' '=')
      pods=$(kubectl get pods -n "$namespace" -l "$selector" --field-selector "spec.nodeName=$1" -o name)
      [ -z "$pods" ] || fail "PodDisruptionBudget $namespace/$name allows no disruption, and node $1 has pods of it; $1 stays cordoned with its ztunnel. Make room, and run this again"
    done
}

# Pods of some labels on a node are there and ready.
ready() {
  conditions=$(kubectl get pods -n {{ action.namespace }} -l "$2" --field-selector "spec.nodeName=$1" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
  [ "$conditions" = True ]
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
  room "$1"
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout={{ action.drain_timeout }}s
{% if action.back %}
  kubectl label node "$1" {{ action.key ~ "-" }}
{% else %}
  kubectl delete pods -n {{ action.namespace }} -l k8s-app=istio-cni-node --field-selector "spec.nodeName=$1" --timeout=2m
  kubectl label node "$1" {{ action.key ~ "=" ~ action.value }} --overwrite
{% endif %}
  within 300 "istio-cni is ready on $1" ready "$1" k8s-app=istio-cni-node
  within 300 "ztunnel is ready on $1" ready "$1" {{ action.ztunnel }}
  # It was cordoned before for a reason that is not the plan's.
  [ "$mark" = cordoned ] || kubectl uncordon "$1"
  kubectl annotate node "$1" meshplan.dev/moving-
  echo "$1 has moved"
}

all=$(kubectl get nodes -l {{ action.selector }} -o name | wc -l)
[ "$all" -gt 0 ] || echo {{ "no node carries " ~ action.selector ~ "; there is nothing to move" }}
{% if "%" in action.batch %}
batch=$(((all * {{ action.batch|replace("%", "")|raw }} + 99) / 100))
{% else %}
batch={{ action.batch }}
{% endif %}
nodes=$(left | head -n "$batch")
while [ -n "$nodes" ]; do
  # Names of nodes have no blanks.
  for node in $nodes; do
    move "$node"
  done
  nodes=$(left | head -n "$batch")
{% if action.soak %}
  if [ -n "$nodes" ] && ! simulated {{ "a soak of " ~ action.soak ~ " seconds" }}; then
    waited=0
    while [ "$waited" -lt {{ action.soak }} ]; do
      echo "soak: $waited of {{ action.soak }} seconds, then $nodes"
      sleep 30
      waited=$((waited + 30))
    done
  fi
{% endif %}
done
