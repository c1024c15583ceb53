
{% if gate.gate == "bundle" %}
kubectl wait{% for crd in gate.crds %} {{ "crd/" ~ crd }}{% endfor %} --for=condition=Established --timeout=1m
annotations=$(kubectl get crd{% for crd in gate.crds %} {{ crd }}{% endfor %} -o 'jsonpath={range .items[*]}{.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}{"\n"}{end}' | sort -u)
[ "$annotations" = {{ gate.bundle ~ " " ~ gate.channel }} ] || fail "the Gateway API CRDs are not those of {{ gate.bundle|raw }}, {{ gate.channel|raw }}:" "$annotations"
{% elif gate.gate == "crds" %}
kubectl wait{% for crd in gate.crds %} {{ "crd/" ~ crd }}{% endfor %} --for=condition=Established --timeout=1m
{% elif gate.gate == "pool" %}
nodes=$(kubectl get nodes -l {{ gate.selector }} -o name)
[ -n "$nodes" ] || fail "no node carries {{ gate.selector|raw }}"
{% elif gate.gate == "nodes-labelled" %}
{% for node in gate.nodes %}
label=$(kubectl get node {{ node }} -o {{ "jsonpath={.metadata.labels." ~ gate.key|replace(".", "\\.") ~ "}" }})
[ "$label" = {{ gate.value }} ] || fail "node {{ node|raw }} does not carry {{ gate.key|raw }}={{ gate.value|raw }}"
{% endfor %}
{% elif gate.gate == "rollout" %}
kubectl rollout status {{ gate.kind ~ "/" ~ gate.name }} -n {{ gate.namespace }} --timeout=5m
{% elif gate.gate == "pool-covered" %}
covered_{{ number }}() {
  nodes=$(kubectl get nodes -l {{ gate.selector }} -o name | wc -l)
  ready=$(kubectl get daemonset {{ gate.name }} -n {{ gate.namespace }} -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 {{ "each node of the pool " ~ gate.selector ~ " has a ready pod of " ~ gate.name }} covered_{{ number }}
{% elif gate.gate == "namespace-labelled" %}
label=$(kubectl get namespace {{ gate.namespace }} -o {{ "jsonpath={.metadata.labels." ~ gate.key|replace(".", "\\.") ~ "}" }})
[ "$label" = {{ gate.value }} ] || fail "namespace {{ gate.namespace|raw }} has {{ gate.key|raw }}=$label, not '{{ gate.value|raw }}'"
{% elif gate.gate == "no-pods" %}
no_pods_{{ number }}() {
  [ -z "$(kubectl get pods -n {{ gate.namespace }} --ignore-not-found -o name)" ]
}
within 300 {{ "no pod is left in " ~ gate.namespace }} no_pods_{{ number }}
{% elif gate.gate == "gone" %}
left=$(kubectl get -f delete/ --ignore-not-found -o name)
[ -z "$left" ] || fail "not deleted yet:" "$left"
{% elif gate.gate == "gateway" %}
{% set name = gate.gateway.namespace ~ "/" ~ gate.gateway.name %}
simulated {{ "Gateway " ~ name ~ " is " ~ gate.condition }} ||
  kubectl wait {{ "gateways.gateway.networking.k8s.io/" ~ gate.gateway.name }} -n {{ gate.gateway.namespace }} --for={{ "condition=" ~ gate.condition }} --timeout=5m
{% elif gate.gate == "gateway-owner" %}
{% set name = gate.gateway.namespace ~ "/" ~ gate.gateway.deployment %}
owned_{{ number }}() {
{% if gate.revision %}
  label=$(kubectl get deployment {{ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}')
  [ "$label" = {{ gate.revision }} ] || return 1
{% endif %}
  image=$(kubectl get deployment {{ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:{{ gate.version }} | *:{{ gate.version }}-*) ;;
    *) return 1 ;;
  esac
}
if ! simulated {{ "Deployment " ~ name ~ " is of version " ~ gate.version }}; then
  within 300 {{ "Deployment " ~ name ~ " is of version " ~ gate.version }} owned_{{ number }}
  kubectl rollout status {{ "deployment/" ~ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} --timeout=5m
fi
{% elif gate.gate == "route" %}
{% set name = gate.route.namespace ~ "/" ~ gate.route.name %}
resolved_{{ number }}() {
  generation=$(kubectl get httproutes.gateway.networking.k8s.io {{ gate.route.name }} -n {{ gate.route.namespace }} -o 'jsonpath={.metadata.generation}')
  for condition in Accepted ResolvedRefs; do
    kubectl get httproutes.gateway.networking.k8s.io {{ gate.route.name }} -n {{ gate.route.namespace }} -o "jsonpath={range .status.parents[?(@.parentRef.name==\"{{ gate.route.gateway|raw }}\")].conditions[?(@.type==\"$condition\")]}{.status} {.observedGeneration}{\"\\n\"}{end}" |
      grep -qx "True $generation" || return 1
  done
}
simulated {{ "HTTPRoute " ~ name ~ " resolves" }} ||
  within 120 {{ "HTTPRoute " ~ name ~ " is accepted and its references resolve" }} resolved_{{ number }}
{% elif gate.gate == "tag" %}
revision=$(kubectl get mutatingwebhookconfiguration {{ "istio-revision-tag-" ~ gate.tag }} -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = {{ gate.revision }} ] || fail "the tag {{ gate.tag|raw }} points to '$revision', not to {{ gate.revision|raw }}"
{% elif gate.gate == "probe" %}
{% set what = gate.name ~ (" with " ~ gate.header if gate.header else "") %}
probed_{{ number }}() {
  body=$(curl -sS -m 10{% if gate.header %} -H {{ gate.header }}{% endif %} -w '\n%{http_code}' -- {{ gate.url }}) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = {{ gate.status|string }} ] || return 1
{% if gate.contains %}
  printf '%s\n' "$body" | grep -qF -- {{ gate.contains }}
{% endif %}
}
simulated {{ "probe " ~ what }} ||
  within 60 {{ "probe " ~ what }} probed_{{ number }}
{% elif gate.gate == "soak" %}
if ! simulated {{ "soak of " ~ gate.seconds ~ " seconds" }}; then
  left={{ gate.seconds }}
  while [ "$left" -gt 0 ]; do
    echo "soaking: $left seconds left"
    nap=$((left < 60 ? left : 60))
    sleep "$nap"
    left=$((left - nap))
  done
fi
{% endif %}
