{% if action.action == "expect-bundle" %}
# These CRDs are installed outside of this plan. Both control planes must be able to read them.
bundle_is {{ action.bundle }} {{ action.channel }} gateways.gateway.networking.k8s.io
{% elif action.action == "migrate-stored" %}
{% for one in action.crds %}
store_as {{ one.crd }} {{ one.version }}
{% endfor %}
{% elif action.action == "apply-kustomization" %}
apply_kustomization "$here"/kustomize/
established{% for crd in action.crds %} {{ crd }}{% endfor %}

{% elif action.action == "install" and action.sees is defined %}
install_held "$program" {{ action.istioctl.namespace }} "$here"/{{ action.file }}
{% for gate in action.sees %}
{% include "scripts/gate.sh" %}

{% endfor %}
{% elif action.action == "install" %}
run_istioctl "$program" {{ action.istioctl.namespace }} install -f "$here"/{{ action.file }} --skip-confirmation
{% elif action.action == "found" %}
# This step applies nothing: existing/ has the objects that the cluster had. verify.sh checks that it still has them.
{% elif action.action == "patch" %}
patch "$here"/{{ action.file }}
{% elif action.action == "at-owner" %}
check_{{ loop.index }}() {
{% set actions = [action.does] %}
{% for gate in action.done %}
  {%+ include "scripts/gate.sh" %}{% if not loop.last %} &&{% endif %}

{% endfor %}
}
how_{{ loop.index }}() {
{% for line in action.how %}
{% if line is startingwith "helm " %}
  say "$(target helm --kube-context)"{{ line[4:] }}
{% elif line is startingwith "flux " %}
  say "$(target flux --context)"{{ line[4:] }}
{% else %}
  say {{ line }}
{% endif %}
{% endfor %}
}
{% if loop.first or all[loop.index0 - 1].action != "at-owner" %}
asked=no
{% endif %}
if at_owner {{ action.owner }} check_{{ loop.index }} how_{{ loop.index }}; then
  :
elif [ $? -eq 1 ]; then
  asked=yes
else
  exit 2
fi
{% if loop.last or all[loop.index].action != "at-owner" %}
[ "$asked" = no ] || fail 'make the changes above, and run this script again after they have reached the cluster'
{% endif %}
{% elif action.action == "expect-base" %}
{% elif action.action == "restore" %}
restore{% for file in action.files %} \
  "$here"/{{ file }}{% endfor %}

{% elif action.action == "label-object" %}
label {{ action.key }} {{ action.value or "" }} {{ action.kind }} {{ action.name }} {{ action.namespace }}
{% elif action.action == "move-nodes" and action.surge is defined %}
{% include "scripts/surge-nodes.sh" %}
{% elif action.action == "move-nodes" %}
{% include "scripts/move-nodes.sh" %}
{% elif action.action == "set-tag" %}
run_istioctl "$program" {{ action.istioctl.namespace }} tag set {{ action.tag }} --revision {{ action.istioctl.revision }} --overwrite --skip-confirmation
{% elif action.action == "apply" %}
apply{% for file in action.files %} \
  "$here"/{{ file }}{% endfor %}

{% elif action.action == "delete" %}
delete{% for file in action.files %} \
  "$here"/{{ file }}{% endfor %}

{% elif action.action == "label-nodes" %}
label_nodes {{ plan }} {{ action.key }} {{ action.value }}{% for node in action.nodes %} {{ node }}{% endfor %}

{% elif action.action == "unlabel-nodes" %}
unlabel_nodes {{ plan }} {{ action.key }}{% for node in action.nodes %} {{ node }}{% endfor %}

{% elif action.action == "return-nodes" %}
{% for node in action.nodes %}
return_node {{ action.key }} {{ action.value }} {{ node }}
{% endfor %}
{% elif action.action == "await-pool-returned" %}
has_nodes {{ action.selector }} ||
  fail {{ "drain the moved nodes and restore the labels " ~ action.selector ~ " where your node pools are configured, then run this script again" }}
{% elif action.action == "find-namespaces" %}
note_namespaces {{ plan }}{% for namespace in action.namespaces %} {{ namespace }}{% endfor %}

{% elif action.action == "delete-namespaces" %}
{% for file in action.files %}
delete_namespace {{ plan }} "$here"/{{ file }}
{% endfor %}
{% elif action.action == "await-pool-moved" %}
no_nodes {{ action.selector }} ||
  fail {{ "change the labels of these nodes to " ~ action.other ~ " where your node pools are configured, then run this script again" }}
{% elif action.action == "delete-tag" %}
delete_tag {{ action.tag }} {{ action.webhook }} {{ action.revision }}{% for file in action.files %} \
  "$here"/{{ file }}{% endfor %}

{% endif %}
