
{% if action.action == "require-bundle" %}
# CRDs are never taken back, and their channel never changes.
annotation() {
  kubectl get crd gateways.gateway.networking.k8s.io --ignore-not-found -o "jsonpath={.metadata.annotations.gateway\.networking\.k8s\.io/$1}"
}
bundle=$(annotation bundle-version)
channel=$(annotation channel)
if [ -n "$bundle" ]; then
  [ "$channel" = {{ action.channel }} ] || fail "the cluster has the Gateway API CRDs of the $channel channel and the plan says {{ action.channel|raw }}; write channel = \"$channel\" into [gateway-api]"
  oldest=$(printf '%s\n' "$bundle" {{ action.bundle }} | sort -t . -k 1.2,1n -k 2,2n -k 3,3n | head -n 1)
  [ "$oldest" = "$bundle" ] || fail "the cluster has the Gateway API bundle $bundle, which is newer than {{ action.bundle|raw }}; write {{ "from" if action.between else "bundle" }} = \"$bundle\" into [gateway-api]"
fi
{% for version in action.gone %}
stored=$(kubectl get crd referencegrants.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.status.storedVersions}')
case $stored in
  *{{ version }}*) fail "ReferenceGrants may be stored as {{ version|raw }}, which {{ action.bundle|raw }} no longer has; write from = \"$bundle\" into [gateway-api] and compile again, which makes the steps that rewrite them" ;;
esac
{% endfor %}
{% elif action.action == "expect-bundle" %}
# Somebody else installs these CRDs; both control planes have to be able to read them.
annotations=$(kubectl get crd gateways.gateway.networking.k8s.io --ignore-not-found -o 'jsonpath={.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}')
[ "$annotations" = {{ action.bundle ~ " " ~ action.channel }} ] || fail "the cluster has the Gateway API CRDs '$annotations', not {{ action.bundle|raw }} {{ action.channel|raw }}; have them installed, or write what is there into [gateway-api]"
{% elif action.action == "migrate-stored" %}
{% for one in action.crds %}
stored=$(kubectl get crd {{ one.crd }} --ignore-not-found -o 'jsonpath={.status.storedVersions[*]}')
if [ -n "$stored" ] && [ "$stored" != {{ one.version }} ]; then
  case " $stored " in
    *' {{ one.version|raw }} '*) ;;
    *) fail {{ one.crd ~ " stores nothing as " ~ one.version ~ " yet; apply the step before this one first" }} ;;
  esac
  # Written again, an object is stored in the version that the CRD stores now.
  objects=$(kubectl get {{ one.crd }} -A -o name)
  [ -z "$objects" ] || kubectl get {{ one.crd }} -A -o json | kubectl replace -f -
  kubectl patch crd {{ one.crd }} --subresource=status --type=merge -p {{ '{"status":{"storedVersions":["' ~ one.version ~ '"]}}' }}
fi
{% endfor %}
{% elif action.action == "apply-kustomization" %}
kubectl apply --server-side -k "$here"/kustomize/
kubectl wait{% for crd in action.crds %} {{ "crd/" ~ crd }}{% endfor %} --for=condition=Established --timeout=1m
{% elif action.action == "install" and action.sees is defined %}
# istioctl waits until every pod is of the new template, and under OnDelete none is replaced: what it wrote is looked at instead.
istioctl install -f "$here"/{{ action.file }} --skip-confirmation --readiness-timeout 5s ||
  echo 'istioctl ended with an error, as it does when no pod is replaced; what it wrote is looked at'
{% for gate in action.sees %}
{% set number = "written_" ~ loop.index %}
{% include "scripts/gate.sh" %}
{% endfor %}
{% elif action.action == "install" %}
istioctl install -f "$here"/{{ action.file }} --skip-confirmation
{% elif action.action == "found" %}
# Nothing is applied: what is in existing/ was there, and verify.sh looks whether it still is.
{% elif action.action == "patch" %}
# A patch needs to know nothing of who wrote the object before, and changes no other field.
kubectl patch -f "$here"/{{ action.file }} --type=merge --patch-file="$here"/{{ action.file }}
{% elif action.action == "at-owner" %}
{% set last = loop.last or all[loop.index].action != "at-owner" %}
# {{ action.owner|raw }} would write back whatever kubectl writes: the change is made there, and only looked for here.
set +e
(
  set -e
{% set changed = loop.index %}
{% set actions = [action.does] %}
{% for gate in action.done %}
{% set number = "at_owner_" ~ changed ~ "_" ~ loop.index %}
{% include "scripts/gate.sh" %}
{% endfor %}
) >/dev/null 2>&1
made=$?
set -e
if [ "$made" -ne 0 ]; then
  echo {{ "A change to make at " ~ action.owner ~ ":" }}
{% for line in action.how %}
  echo {{ line }}
{% endfor %}
  asked=yes
else
  echo {{ action.owner ~ ": the change is there" }}
fi
{% if last %}
[ -z "${asked:-}" ] || fail 'make it, and run this again when it has reached the cluster'
{% endif %}
{% elif action.action == "expect-base" %}
{% elif action.action == "require-owned" %}
# Also those that somebody made since the dump was printed.
gateways=$(kubectl get gateways.gateway.networking.k8s.io -A -l {{ ("istio.io/rev," if action.follow is defined else "") ~ "istio.io/rev!=" ~ action.revision }} -o 'jsonpath={range .items[*]}{.spec.gatewayClassName} {.metadata.namespace}/{.metadata.name}{"\n"}{end}')
classes=$(kubectl get gatewayclasses.gateway.networking.k8s.io -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.controllerName}{"\n"}{end}')
gateways=$(printf '%s\n' "$classes" '' "$gateways" | awk '
  !NF { then = 1 }
  !then { istio[$1] = $2 ~ /^istio\.io\// }
  then && NF && ($1 in istio ? istio[$1] : $1 ~ /^istio/) { print $2 }')
[ -z "$gateways" ] || fail 'these Gateways and waypoints would lose their control plane; label them istio.io/rev={{ action.revision|raw }} first:' "$gateways"
{% elif action.action == "restore" %}
{% for file in action.files %}
# As it was, to the last field: a replace leaves nothing of the newer version behind.
if [ -n "$(kubectl get -f "$here"/{{ file }} --ignore-not-found -o name)" ]; then
  kubectl replace -f "$here"/{{ file }}
else
  kubectl create -f "$here"/{{ file }}
fi
{% endfor %}
{% elif action.action == "label-object" %}
kubectl label {{ action.kind }} {{ action.name }} -n {{ action.namespace }} {{ (action.key ~ "=" ~ action.value) if action.value else (action.key ~ "-") }} --overwrite
{% elif action.action == "move-nodes" and action.surge is defined %}
{% include "scripts/surge-nodes.sh" %}
{% elif action.action == "move-nodes" %}
{% include "scripts/move-nodes.sh" %}
{% elif action.action == "set-tag" %}
istioctl tag set {{ action.tag }} --revision {{ action.istioctl.revision }} --overwrite --skip-confirmation
{% elif action.action == "apply" %}
kubectl apply{% for file in action.files %} \
  -f "$here"/{{ file }}{% endfor %}

{% elif action.action == "delete" %}
kubectl delete --ignore-not-found --timeout=5m{% for file in action.files %} \
  -f "$here"/{{ file }}{% endfor %}

{% elif action.action == "label-nodes" %}
kubectl get node{% for node in action.nodes %} {{ node }}{% endfor %} -o name >/dev/null
{% for node in action.nodes %}
# A node that has the label already keeps it when one goes back.
label=$(kubectl get node {{ node }} -o {{ "jsonpath={.metadata.labels." ~ action.key|replace(".", "\\.") ~ "}" }})
[ -n "$label" ] || kubectl annotate node {{ node }} {{ "meshplan.dev/labelled-by=" ~ plan }} --overwrite
{% endfor %}
kubectl label node{% for node in action.nodes %} {{ node }}{% endfor %} {{ action.key ~ "=" ~ action.value }} --overwrite
{% elif action.action == "unlabel-nodes" %}
{% for node in action.nodes %}
by=$(kubectl get node {{ node }} --ignore-not-found -o 'jsonpath={.metadata.annotations.meshplan\.dev/labelled-by}')
if [ "$by" = {{ plan }} ]; then
  kubectl label node {{ node }} {{ action.key ~ "-" }}
  kubectl annotate node {{ node }} meshplan.dev/labelled-by-
else
  echo {{ "node " ~ node ~ ": " ~ action.key ~ " is not this plan's, or the node is gone; nothing to do" }}
fi
{% endfor %}
{% elif action.action == "return-nodes" %}
# No pod of the mesh may stay on a node that loses its ztunnel.
kubectl cordon{% for node in action.nodes %} {{ node }}{% endfor %}

kubectl drain{% for node in action.nodes %} {{ node }}{% endfor %} --ignore-daemonsets --delete-emptydir-data --timeout=10m
kubectl label node{% for node in action.nodes %} {{ node }}{% endfor %} {{ action.key ~ "=" ~ action.value }} --overwrite
kubectl uncordon{% for node in action.nodes %} {{ node }}{% endfor %}

{% elif action.action == "await-pool-returned" %}
nodes=$(kubectl get nodes -l {{ action.selector }} -o name)
[ -n "$nodes" ] || fail 'drain the nodes that were moved and give them the labels {{ action.selector|raw }} again where your node pools are configured, then run this again'
{% elif action.action == "find-namespaces" %}
{% for namespace in action.namespaces %}
# One that is there already, and not by this plan, is kept when one goes back, with the labels that it has now.
found=$(kubectl get namespace {{ namespace }} --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.annotations.meshplan\.dev/plan}')
case $found in
  '' | {{ namespace ~ " " ~ plan }}) ;;
  *)
    labels=$(kubectl get namespace {{ namespace }} -o 'jsonpath={.metadata.labels.istio\.io/dataplane-mode},{.metadata.labels.app\.kubernetes\.io/managed-by}')
    kubectl annotate namespace {{ namespace }} meshplan.dev/found-with="$labels" --overwrite
    ;;
esac
{% endfor %}
{% elif action.action == "delete-namespaces" %}
{% for file in action.files %}
found=$(kubectl get -f "$here"/{{ file }} --ignore-not-found -o 'jsonpath={.metadata.name} {.metadata.annotations.meshplan\.dev/plan} {.metadata.annotations.meshplan\.dev/found-with}')
case $found in
  '') ;;
  *' {{ plan|raw }} ')
    kubectl delete --ignore-not-found --timeout=5m -f "$here"/{{ file }}
    ;;
  *,*)
    # It was there before the plan, with these labels; the note of that stays.
    namespace=${found%% *}
    found=${found##* }
    mode=${found%%,*}
    manager=${found#*,}
    kubectl label namespace "$namespace" --overwrite istio.io/dataplane-mode"${mode:+=}${mode:--}" app.kubernetes.io/managed-by"${manager:+=}${manager:--}"
    kubectl annotate namespace "$namespace" meshplan.dev/plan-
    echo "namespace $namespace was there before this plan and stays"
    ;;
  *) echo "namespace ${found%% *} is not this plan's and stays" ;;
esac
{% endfor %}
{% elif action.action == "require-detached" %}
attached=$(kubectl get httproutes.gateway.networking.k8s.io -A -o 'jsonpath={range .items[*]}{.metadata.namespace}{range .spec.parentRefs[*]} {.kind}:{.namespace}/{.name}{end}{"\n"}{end}')
printf '%s\n' "$attached" | while read -r own parents; do
  for parent in $parents; do
    # A parent is a Gateway of the route's own namespace, unless it says otherwise.
    kind=${parent%%:*}
    namespace=${parent#*:}
    name=${namespace#*/}
    namespace=${namespace%%/*}
    case "${kind:-Gateway} ${namespace:-$own}/$name" in
      {{ ""|raw }}{% for gateway in action.gateways %}'Gateway {{ gateway.namespace|raw }}/{{ gateway.name|raw }}'{% if not loop.last %} | {% endif %}{% endfor %}) fail "an HTTPRoute in $own is still attached to Gateway $name" ;;
    esac
  done
done
{% elif action.action == "require-unpooled" %}
{% for node in action.nodes %}
label=$(kubectl get node {{ node }} -o {{ "jsonpath={.metadata.labels." ~ action.key|replace(".", "\\.") ~ "}" }})
case $label in
  '' | {{ action.value }}) ;;
  *) fail "node {{ node|raw }} carries {{ action.key|raw }}=$label already; the ztunnel and the pods of that pool would lose it" ;;
esac
{% endfor %}
{% elif action.action == "require-clients-moved" %}
# Nobody but you can know this: DNS records, and clients that keep an address.
[ "${MESHPLAN_CLIENTS_MOVED:-}" = yes ] || simulated 'clients have moved' ||
  fail {{ "move the clients of " ~ (action.from|map(attribute="name")|join(", ")) ~ " to " ~ (action.to|map(attribute="name")|join(", ")) ~ " first (their DNS records), then run this with MESHPLAN_CLIENTS_MOVED=yes" }}
{% elif action.action == "require-no-mesh" %}
# The plan installs a mesh of its own. One that is there would lose its istio-cni, its tag, or both.
injectors=$(kubectl get mutatingwebhookconfigurations -l app=sidecar-injector -o 'jsonpath={range .items[*]}{.metadata.labels.istio\.io/rev}{"\n"}{end}')
for revision in $injectors; do
  case $revision in
    {{ action.revisions|join(" | ")|raw }}) ;;
    *) fail "the cluster has an Istio already, revision $revision; a plan that starts from one has origin = 'existing'" ;;
  esac
done
cni=$(kubectl get daemonsets -A -l k8s-app=istio-cni-node -o 'jsonpath={range .items[*]}{.spec.template.spec.containers[0].image}{"\n"}{end}')
for image in $cni; do
  case $image in
    {{ ""|raw }}{% for version in action.versions %}*:{{ version|raw }} | *:{{ version|raw }}-*{% if not loop.last %} | {% endif %}{% endfor %}) ;;
    *) fail "the cluster has an istio-cni already, $image; the plan's would take its place" ;;
  esac
done
{% elif action.action == "require-unrouted" %}
# Whoever wrote the route, and whatever the weight.
routed=$(kubectl get httproutes.gateway.networking.k8s.io -A -o 'jsonpath={range .items[*].spec.rules[*].backendRefs[*]}{.namespace}{"\n"}{end}')
for namespace in $routed; do
  case $namespace in
    {{ action.namespaces|join(" | ")|raw }}) fail "an HTTPRoute still names a Service in $namespace" ;;
  esac
done
{% elif action.action == "await-pool-moved" %}
nodes=$(kubectl get nodes -l {{ action.selector }} -o name)
[ -z "$nodes" ] || fail "change the labels of these nodes from {{ action.selector|raw }} to {{ action.other|raw }} where your node pools are configured, then run this again:" "$nodes"
{% elif action.action == "require-ztunnels" %}
# A ztunnel that the plan does not know would share nodes with the plan's own.
ztunnels=$(kubectl get daemonsets -A -o 'jsonpath={range .items[?(@.spec.selector.matchLabels.app=="ztunnel")]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}')
for ztunnel in $ztunnels; do
  case $ztunnel in
    {{ action.known|join(" | ")|raw }}) ;;
    *) fail "the cluster has a ztunnel that the plan does not know, DaemonSet $ztunnel; a node must not have two" ;;
  esac
done
{% elif action.action == "require-rollout" %}
# Without its control plane a new pod of the gateway would never become ready, and waiting for it would never end.
istiod=$(kubectl get deployment {{ action.istiod }} -n {{ action.istio_namespace }} --ignore-not-found -o name)
[ -z "$istiod" ] || simulated {{ "Deployment " ~ action.namespace ~ "/" ~ action.name }} ||
  kubectl rollout status {{ "deployment/" ~ action.name }} -n {{ action.namespace }} --timeout=2m
{% elif action.action == "delete-tag" %}
owner=$(kubectl get mutatingwebhookconfiguration {{ action.webhook }} --ignore-not-found -o 'jsonpath={.metadata.labels.istio\.io/rev}')
case $owner in
  '' | {{ action.revision }})
    kubectl delete --ignore-not-found --timeout=5m{% for file in action.files %} \
      -f "$here"/{{ file }}{% endfor %}

    ;;
  *) echo "the tag {{ action.tag|raw }} belongs to revision $owner by now and stays" ;;
esac
{% endif %}
