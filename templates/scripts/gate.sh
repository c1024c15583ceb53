
{% if gate.gate == "bundle" %}
kubectl wait{% for crd in gate.crds %} {{ "crd/" ~ crd }}{% endfor %} --for=condition=Established --timeout=1m
annotations=$(kubectl get crd{% for crd in gate.crds %} {{ crd }}{% endfor %} -o 'jsonpath={range .items[*]}{.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}{"\n"}{end}' | sort -u)
[ "$annotations" = {{ gate.bundle ~ " " ~ gate.channel }} ] || fail "the Gateway API CRDs are not those of {{ gate.bundle|raw }}, {{ gate.channel|raw }}:" "$annotations"
{% elif gate.gate == "stored" %}
{% for one in gate.crds %}
stored=$(kubectl get crd {{ one.crd }} --ignore-not-found -o 'jsonpath={.status.storedVersions[*]}')
[ -z "$stored" ] || [ "$stored" = {{ one.version }} ] || fail "{{ one.crd|raw }} may have objects stored as '$stored', not as {{ one.version|raw }} alone"
{% endfor %}
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
kubectl rollout status {{ gate.kind ~ "/" ~ gate.name }} -n {{ gate.namespace }} --timeout="${MESHPLAN_WAIT:-300}s"
{% elif gate.gate == "pool-covered" %}
covered_{{ number }}() {
  nodes=$(kubectl get nodes -l {{ gate.selector }} -o name | wc -l)
  ready=$(kubectl get daemonset {{ gate.name }} -n {{ gate.namespace }} -o 'jsonpath={.status.numberReady}')
  [ "$nodes" -gt 0 ] && [ "$nodes" -eq "${ready:-0}" ]
}
within 300 {{ "each node of the pool " ~ gate.selector ~ " has a ready pod of " ~ gate.name }} covered_{{ number }}
{% elif gate.gate == "on-delete" %}
settled_{{ number }}() {
  found=$(kubectl get daemonset {{ gate.name }} -n {{ gate.namespace }} -o 'jsonpath={.spec.updateStrategy.type} {.status.desiredNumberScheduled} {.status.numberReady}')
  strategy=${found%% *}
  found=${found#* }
  [ "$strategy" = OnDelete ] && [ "${found% *}" = "${found#* }" ]
}
within 300 {{ "DaemonSet " ~ gate.namespace ~ "/" ~ gate.name ~ " replaces no pod by itself, and all of its pods are ready" }} settled_{{ number }}
{% elif gate.gate == "held" %}
strategy=$(kubectl get daemonset {{ gate.name }} -n {{ gate.namespace }} -o 'jsonpath={.spec.updateStrategy.type}')
[ "$strategy" = OnDelete ] || fail {{ "DaemonSet " ~ gate.namespace ~ "/" ~ gate.name ~ " replaces pods by itself" }}
{% elif gate.gate == "kept-off" %}
terms=$(kubectl get daemonset {{ gate.name }} -n {{ gate.namespace }} -o {{ "jsonpath={range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key==\"" ~ gate.key ~ "\")].operator} {.matchExpressions[?(@.key==\"" ~ gate.key ~ "\")].values[0]}{\"\\n\"}{end}" }})
terms=$(printf '%s\n' "$terms" | sort -u)
{% if gate.back %}
[ "$terms" != {{ "NotIn " ~ gate.value }} ] || fail {{ "DaemonSet " ~ gate.namespace ~ "/" ~ gate.name ~ " is still kept off the nodes with " ~ gate.key ~ "=" ~ gate.value }}
{% else %}
[ "$terms" = {{ "NotIn " ~ gate.value }} ] || fail {{ "DaemonSet " ~ gate.namespace ~ "/" ~ gate.name ~ " is not kept off the nodes with " ~ gate.key ~ "=" ~ gate.value }}
{% endif %}
{% elif gate.gate == "base-version" %}
version=$(kubectl get crd{% for crd in gate.crds %} {{ crd }}{% endfor %} -o 'jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/version}{"\n"}{end}' | sort -u)
[ "$version" = {{ gate.version }} ] || fail "Istio's CRDs carry app.kubernetes.io/version '$version', not {{ gate.version|raw }}"
{% elif gate.gate == "labelled" %}
label=$(kubectl get {{ gate.kind }} {{ gate.name }} -n {{ gate.namespace }} -o {{ "jsonpath={.metadata.labels." ~ gate.key|replace(".", "\\.") ~ "}" }})
[ "$label" = {{ gate.value }} ] || fail {{ gate.kind ~ " " ~ gate.namespace ~ "/" ~ gate.name ~ " does not carry " ~ gate.key ~ "=" ~ gate.value }}
{% elif gate.gate == "validator" %}
services=$(kubectl get validatingwebhookconfiguration {{ gate.name }} -o 'jsonpath={range .webhooks[*]}{.clientConfig.service.name}{"\n"}{end}' | sort -u)
[ "$services" = {{ gate.service }} ] || fail "{{ gate.name|raw }} asks '$services', not {{ gate.service|raw }}"
revision=$(kubectl get validatingwebhookconfiguration {{ gate.name }} -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = {{ gate.revision }} ] || fail "{{ gate.name|raw }} is for revision '$revision', not {{ gate.revision|raw }}"
{% elif gate.gate == "nodes-moved" %}
{% set group = (gate.selector ~ "," if gate.selector else "") ~ gate.hosts %}
nodes=$(kubectl get nodes -l {{ group ~ "," ~ gate.key ~ ("=" if gate.back else "!=") ~ gate.value }} -o 'jsonpath={.items[*].metadata.name}')
[ -z "$nodes" ] || fail {{ "nodes " ~ ("with " ~ gate.selector ~ " " if gate.selector else "") ~ ("still carry " if gate.back else "do not carry ") ~ gate.key ~ "=" ~ gate.value ~ ":" }} "$nodes"
nodes=$(kubectl get nodes -l {{ group }} -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations.meshplan\.dev/moving}{"\n"}{end}')
nodes=$(printf '%s\n' "$nodes" | awk 'NF > 1 { print $1 }')
[ -z "$nodes" ] || fail 'the move of these nodes was not finished; run the step again:' "$nodes"
{% elif gate.gate == "namespace-labelled" %}
label=$(kubectl get namespace {{ gate.namespace }} -o {{ "jsonpath={.metadata.labels." ~ gate.key|replace(".", "\\.") ~ "}" }})
[ "$label" = {{ gate.value }} ] || fail "namespace {{ gate.namespace|raw }} has {{ gate.key|raw }}=$label, not '{{ gate.value|raw }}'"
{% elif gate.gate == "no-pods" %}
no_pods_{{ number }}() {
  pods=$(kubectl get pods -n {{ gate.namespace }}{% if gate.selector %} -l {{ gate.selector }}{% endif %} --ignore-not-found -o name) || return 1
  [ -z "$pods" ]
}
within 120 {{ "no pod " ~ (gate.selector ~ " " if gate.selector else "") ~ "is left in " ~ gate.namespace }} no_pods_{{ number }}
{% elif gate.gate == "namespace-gone" %}
namespace=$(kubectl get namespace {{ gate.namespace }} --ignore-not-found -o name)
[ -z "$namespace" ] || fail "namespace {{ gate.namespace|raw }} is still there"
{% elif gate.gate == "not-enrolled" %}
label=$(kubectl get namespace {{ gate.namespace }} --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode}')
[ -z "$label" ] || fail "namespace {{ gate.namespace|raw }} is part of the mesh"
{% elif gate.gate == "enrolled" %}
captured_{{ number }}() {
  pods=$(kubectl get pods -n {{ gate.namespace }} --field-selector=status.phase=Running -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}{"\n"}{end}') || return 1
  # Name, true for a pod of its node's network, which never is part of the mesh, and what istio-cni says of the pod.
  printf '%s\n' "$pods" | awk 'NF && $2 != "true" { all++; if (NF > 1 && $NF == "enabled") taken++ } END { exit !(all == taken) }'
}
simulated {{ "every pod of " ~ gate.namespace ~ " is part of the mesh" }} ||
  within 120 {{ "every pod of " ~ gate.namespace ~ " is part of the mesh" }} captured_{{ number }}
{% elif gate.gate == "services" %}
{% for service in gate.services %}
served_{{ number }}_{{ loop.index }}() {
  ready=$(kubectl get endpointslices -n {{ service.namespace }} -l {{ "kubernetes.io/service-name=" ~ service.name }} -o 'jsonpath={.items[*].endpoints[*].conditions.ready}') || return 1
  case " $ready " in
    *' true '*) ;;
    *) return 1 ;;
  esac
}
within 60 {{ "Service " ~ service.namespace ~ "/" ~ service.name ~ " has a ready endpoint" }} served_{{ number }}_{{ loop.index }}
{% endfor %}
{% elif gate.gate == "applied" %}
{% for action in actions %}
{% if action.action == "apply" %}
kubectl diff{% for file in action.files %} \
  -f "$here"/{{ file }}{% endfor %} >/dev/null ||
  fail 'the cluster does not have what the files here say'
{% endif %}
{% endfor %}
{% elif gate.gate == "image" %}
image=$(kubectl get {{ gate.kind ~ "/" ~ gate.name }} -n {{ gate.namespace }} -o 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *:{{ gate.version }} | *:{{ gate.version }}-* | *:{{ gate.version }}@*) ;;
  *) fail "{{ gate.kind|raw }} {{ gate.namespace|raw }}/{{ gate.name|raw }} runs $image, not {{ gate.version|raw }}" ;;
esac
{% elif gate.gate == "gone" %}
left=$(kubectl get --ignore-not-found -o name{% for action in actions %}{% set effect = action.does if action.action == "at-owner" else action %}{% if effect.action == "delete" %}{% for file in effect.files %} \
  -f "$here"/{{ file }}{% endfor %}{% endif %}{% endfor %})
[ -z "$left" ] || fail "not deleted yet:" "$left"
{% elif gate.gate == "gateway-gone" %}
gateway=$(kubectl get gateways.gateway.networking.k8s.io {{ gate.gateway.name }} -n {{ gate.gateway.namespace }} --ignore-not-found -o name)
[ -z "$gateway" ] || fail "Gateway {{ gate.gateway.namespace|raw }}/{{ gate.gateway.name|raw }} is still there, and its control plane would go"
{% elif gate.gate == "gateway" %}
{% set name = gate.gateway.namespace ~ "/" ~ gate.gateway.name %}
simulated {{ "Gateway " ~ name ~ " is " ~ gate.condition }} ||
  kubectl wait {{ "gateways.gateway.networking.k8s.io/" ~ gate.gateway.name }} -n {{ gate.gateway.namespace }} --for={{ "condition=" ~ gate.condition }} --timeout="${MESHPLAN_WAIT:-300}s"
{% elif gate.gate == "gateway-owner" %}
{% set name = gate.gateway.namespace ~ "/" ~ gate.gateway.deployment %}
owned_{{ number }}() {
{% if gate.revision %}
  # Where a Gateway gives its pods labels of their own, the annotation alone says it.
  revisions=$(kubectl get deployment {{ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} -o 'jsonpath={.spec.template.metadata.labels.istio\.io/rev}{"\n"}{.spec.template.metadata.annotations.istio\.io/rev}{"\n"}') || return 1
  printf '%s\n' "$revisions" | grep -qxF -- {{ gate.revision }} || return 1
{% endif %}
{% if gate.own_image is not defined %}
  image=$(kubectl get deployment {{ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} -o 'jsonpath={.spec.template.spec.containers[?(@.name=="istio-proxy")].image}')
  case $image in
    *:{{ gate.version }} | *:{{ gate.version }}-* | *:{{ gate.version }}@*) ;;
    *) return 1 ;;
  esac
{% endif %}
}
if ! simulated {{ "Deployment " ~ name ~ " is of version " ~ gate.version }}; then
  within 300 {{ "Deployment " ~ name ~ " is of version " ~ gate.version }} owned_{{ number }}
  kubectl rollout status {{ "deployment/" ~ gate.gateway.deployment }} -n {{ gate.gateway.namespace }} --timeout="${MESHPLAN_WAIT:-300}s"
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
revision=$(kubectl get mutatingwebhookconfiguration {{ gate.webhook }} -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" = {{ gate.revision }} ] || fail "the tag {{ gate.tag|raw }} points to '$revision', not to {{ gate.revision|raw }}"
# Newer control planes take a tag from its Service as well.
revision=$(kubectl get services -A -l {{ "istio.io/tag=" ~ gate.tag }} -o 'jsonpath={.items[*].metadata.labels.istio\.io/rev}')
[ -z "$revision" ] || [ "$revision" = {{ gate.revision }} ] || fail "the Service of the tag {{ gate.tag|raw }} is of '$revision', not of {{ gate.revision|raw }}"
{% if gate.tag == "default" %}
{% set istiod = "istiod" if gate.revision == "default" else "istiod-" ~ gate.revision %}
service=$(kubectl get validatingwebhookconfiguration istiod-default-validator -o 'jsonpath={.webhooks[0].clientConfig.service.name}')
[ "$service" = {{ istiod }} ] || fail "istiod-default-validator calls '$service', not {{ istiod|raw }}"
{% endif %}
{% elif gate.gate == "tag-left" %}
revision=$(kubectl get mutatingwebhookconfiguration {{ gate.webhook }} --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/rev}')
[ "$revision" != {{ gate.revision }} ] || fail "the tag {{ gate.tag|raw }} still points to {{ gate.revision|raw }}"
{% elif gate.gate == "probe" %}
{% set what = gate.name ~ (" with " ~ gate.header if gate.header else "") %}
probed_{{ number }}() {
  body=$(curl -sS -m 10{% if gate.answers is defined %} -i{% endif %}{% if gate.header %} -H {{ gate.header }}{% endif %} -w '\n%{http_code}' -- {{ gate.url }}) || return 1
  [ "$(printf '%s\n' "$body" | tail -n 1)" = {{ gate.status|string }} ] || return 1
{% if gate.answers is defined %}
  printf '%s\n' "$body" | answers {{ gate.answers.name }} {{ gate.answers.value }} || return 1
{% endif %}
{% if gate.answers is defined and gate.contains %}
  body=$(printf '%s\n' "$body" | without_headers)
{% endif %}
{% if gate.contains %}
  printf '%s\n' "$body" | sed '$d' | grep -qF -- {{ gate.contains }}
{% endif %}
}
simulated {{ "probe " ~ what }} ||
  within 60 {{ "probe " ~ what }} probed_{{ number }}
{% elif gate.gate == "sample" %}
{% set share = (gate.least ~ "" if gate.least == gate.most else gate.least ~ " to " ~ gate.most) ~ " of " ~ gate.requests %}
{% set what = "sample " ~ gate.name ~ (" with " ~ gate.header if gate.header else "") ~ ": the canary answers " ~ share %}
sampled_{{ number }}() {
  asked=0
  canary=0
  while [ "$asked" -lt {{ gate.requests }} ]; do
    answer=$(curl -sS -m 10{% if gate.answers %} -i{% endif %}{% if gate.header %} -H {{ gate.header }}{% endif %} -- {{ gate.url }}) || return 1
{% if gate.answers %}
    if printf '%s\n' "$answer" | answers {{ gate.answers.name }} {{ gate.answers.value }}; then
{% else %}
    if printf '%s\n' "$answer" | grep -qF -- {{ gate.contains }}; then
{% endif %}
      canary=$((canary + 1))
    fi
    asked=$((asked + 1))
  done
  echo {{ "sample " ~ gate.name ~ (" with " ~ gate.header if gate.header else "") ~ ":" }} "the canary answered $canary of $asked"
  [ "$canary" -ge {{ gate.least }} ] && [ "$canary" -le {{ gate.most }} ]
}
simulated {{ what }} ||
  within 30 {{ what }} sampled_{{ number }}
{% elif gate.gate == "soak" %}
if ! simulated {{ "soak of " ~ gate.seconds ~ " seconds" }}; then
  left={{ gate.seconds }}
  while [ "$left" -gt 0 ]; do
    echo "soaking: $left seconds left"
    nap=$((left < 60 ? left : 60))
    sleep "$nap"
    left=$((left - nap))
{% for other in step.gates %}
{% if other.gate == "probe" %}
    probed_{{ loop.index }} || probed_{{ loop.index }} || fail {{ "during the soak: probe " ~ other.name ~ (" with " ~ other.header if other.header else "") }}
{% endif %}
{% endfor %}
  done
fi
{% endif %}
