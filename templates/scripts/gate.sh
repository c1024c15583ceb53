{%- if gate.gate == "upgradable" -%}
may_install_bundle {{ gate.bundle }} {{ gate.channel }} {{ "from" if gate.between else "bundle" }}
{%- for version in gate.gone %}

not_stored_as referencegrants.gateway.networking.k8s.io {{ version }} {{ gate.bundle }}
{%- endfor %}
{%- elif gate.gate == "detached" -%}
detached{% for gateway in gate.gateways %} {{ gateway.namespace ~ "/" ~ gateway.name }}{% endfor %}
{%- elif gate.gate == "only-ztunnels" -%}
only_ztunnels{% for known in gate.known %} {{ known }}{% endfor %}
{%- elif gate.gate == "only-mesh" -%}
only_mesh {{ gate.revisions|join(" ") }} {{ gate.versions|join(" ") }}
{%- elif gate.gate == "clients-moved" -%}
clients_moved {{ gate.from|map(attribute="name")|join(", ") }} {{ gate.to|map(attribute="name")|join(", ") }}
{%- elif gate.gate == "unpooled" -%}
free_for {{ gate.key }} {{ gate.value }}{% for node in gate.nodes %} {{ node }}{% endfor %}
{%- elif gate.gate == "unrouted" -%}
unrouted{% for namespace in gate.namespaces %} {{ namespace }}{% endfor %}
{%- elif gate.gate == "rolled-out-first" -%}
ready_with_istiod {{ gate.istiod }} {{ gate.istio_namespace }} {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "all-owned" -%}
all_owned {{ ("istio.io/rev," if gate.follow is defined else "") ~ "istio.io/rev!=" ~ gate.revision }} {{ gate.revision }}
{%- elif gate.gate == "bundle" -%}
bundle_is {{ gate.bundle }} {{ gate.channel }}{% for crd in gate.crds %} {{ crd }}{% endfor %}
{%- elif gate.gate == "stored" -%}
stored_as{% for one in gate.crds %} {{ one.crd }} {{ one.version }}{% endfor %}
{%- elif gate.gate == "crds" -%}
established{% for crd in gate.crds %} {{ crd }}{% endfor %}
{%- elif gate.gate == "pool" -%}
has_nodes {{ gate.selector }}
{%- elif gate.gate == "nodes-labelled" -%}
nodes_have {{ gate.key }} {{ gate.value }}{% for node in gate.nodes %} {{ node }}{% endfor %}
{%- elif gate.gate == "rollout" -%}
rolled_out {{ gate.kind }} {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "pool-covered" -%}
within 300 {{ "each node of the pool " ~ gate.selector ~ " has a ready pod of " ~ gate.name }} covers {{ gate.selector }} {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "on-delete" -%}
within 300 {{ "DaemonSet " ~ gate.namespace ~ "/" ~ gate.name ~ " uses OnDelete and all of its pods are ready" }} settled {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "replicas-ready" -%}
within 300 {{ "all replicas of StatefulSet " ~ gate.namespace ~ "/" ~ gate.name ~ " are ready" }} replicas_ready {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "field" -%}
expect {{ gate.value }} {{ gate.field|jsonpath }} {{ gate.kind }} {{ gate.name }}{% if gate.namespace is defined %} {{ gate.namespace }}{% endif %}
{%- elif gate.gate == "kept-off" -%}
{{ "not_kept_off" if gate.back else "kept_off" }} {{ gate.key }} {{ gate.value }} {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "base-version" -%}
crds_are {{ gate.version }}{% for crd in gate.crds %} {{ crd }}{% endfor %}
{%- elif gate.gate == "validator" -%}
validator_is {{ gate.name }} {{ gate.service }} {{ gate.revision }}
{%- elif gate.gate == "nodes-moved" -%}
moved {{ (gate.selector ~ "," if gate.selector else "") ~ gate.hosts }} {{ gate.key }} {{ "!=" if gate.back else "=" }} {{ gate.value }}
{%- elif gate.gate == "no-pods" -%}
within 120 {{ "no pod " ~ (gate.selector ~ " " if gate.selector else "") ~ "is left in " ~ gate.namespace }} no_pods {{ gate.namespace }}{% if gate.selector %} {{ gate.selector }}{% endif %}
{%- elif gate.gate == "not-enrolled" -%}
lacks "$(label_of istio.io/dataplane-mode)" namespace {{ gate.namespace }}
{%- elif gate.gate == "enrolled" -%}
{% set what = "every pod of " ~ gate.namespace ~ " is part of the mesh" %}
simulated {{ what }} || within 120 {{ what }} captured {{ gate.namespace }}
{%- elif gate.gate == "services" -%}
{% for service in gate.services %}
within 60 {{ "Service " ~ service.namespace ~ "/" ~ service.name ~ " has a ready endpoint" }} served {{ service.name }} {{ service.namespace }}{% if not loop.last %}

{% endif %}{% endfor %}
{%- elif gate.gate == "applied" -%}
matches{% for action in actions %}{% if action.action == "apply" %}{% for file in action.files %} \
  "$here"/{{ file }}{% endfor %}{% endif %}{% endfor %}
{%- elif gate.gate == "image" -%}
runs {{ gate.version }} {{ gate.kind }} {{ gate.name }} {{ gate.namespace }}
{%- elif gate.gate == "gone" -%}
gone{% for action in actions %}{% set effect = action.does if action.action == "at-owner" else action %}{% if effect.action == "delete" %}{% for file in effect.files %} \
  "$here"/{{ file }}{% endfor %}{% endif %}{% endfor %}
{%- elif gate.gate == "absent" -%}
absent {{ gate.kind }} {{ gate.name }}{% if gate.namespace is defined %} {{ gate.namespace }}{% endif %}
{%- elif gate.gate == "gateway" -%}
simulated {{ "Gateway " ~ gate.gateway.namespace ~ "/" ~ gate.gateway.name ~ " is " ~ gate.condition }} ||
  gateway_is {{ gate.condition }} {{ gate.gateway.name }} {{ gate.gateway.namespace }}
{%- elif gate.gate == "gateway-owner" -%}
{% set what = "Deployment " ~ gate.gateway.namespace ~ "/" ~ gate.gateway.deployment ~ " runs version " ~ gate.version %}
gateway_moved {{ what }} {{ gate.gateway.deployment }} {{ gate.gateway.namespace }} {{ "" if gate.own_image is defined else gate.version }} {{ gate.revision or "" }}
{%- elif gate.gate == "route" -%}
{% set what = "HTTPRoute " ~ gate.route.namespace ~ "/" ~ gate.route.name ~ " is accepted and its references resolve" %}
simulated {{ what }} ||
  within 120 {{ what }} resolved {{ gate.route.name }} {{ gate.route.namespace }} {{ gate.route.gateway }}
{%- elif gate.gate == "tag" -%}
tag_is {{ gate.tag }} {{ gate.webhook }} {{ gate.revision }}{% if gate.tag == "default" %} {{ "istiod" if gate.revision == "default" else "istiod-" ~ gate.revision }}{% endif %}
{%- elif gate.gate == "tag-left" -%}
tag_left {{ gate.tag }} {{ gate.webhook }} {{ gate.revision }}
{%- elif gate.gate == "probe" -%}
{% set what = "probe " ~ gate.name ~ (" with " ~ gate.header if gate.header else "") ~ " succeeds" %}
simulated {{ what }} ||
  within 60 {{ what }} {% include "scripts/probe.sh" %}
{%- elif gate.gate == "sample" -%}
{% set share = (gate.least ~ "" if gate.least == gate.most else gate.least ~ " to " ~ gate.most) ~ " of " ~ gate.requests %}
{% set what = "sample " ~ gate.name ~ (" with " ~ gate.header if gate.header else "") ~ ": the canary answers " ~ share %}
simulated {{ what }} ||
  within 30 {{ what }} \
    sample {{ gate.url }} {{ gate.header or "" }} {{ gate.requests }} {{ gate.least }} {{ gate.most }} {{ gate.contains or "" }}{% if gate.answers %} {{ gate.answers.name }} {{ gate.answers.value }}{% endif %}
{%- elif gate.gate == "soak" -%}
soak {{ gate.seconds }}{% if probes %} probes{% endif %}
{%- endif %}
