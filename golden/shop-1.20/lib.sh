# shellcheck shell=sh
# Functions that the scripts of this tree share. Made by meshplan.
#
# A check returns 0 where it is so, 1 where it is not, and 2 where nobody knows: kubectl failed, or its answer is incomplete. What is
# written is looked at afterwards. Functions run in subshells, so no variable of one is seen by another.

# shellcheck disable=SC2154 # the script that reads this file has set it
if [ -e "$here"/../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

# kubectl's preferences could change what a command does, or ask for a confirmation that nobody gives.
KUBECTL_KUBERC=false
KUBERC=off
export KUBECTL_KUBERC KUBERC
unset KUBECTL_EXTERNAL_DIFF

# fail MESSAGE...: says why, and ends the script or the function that it is called in.
fail() {
  printf 'meshplan: %s\n' "$*" >&2
  exit 1
}

# unknown MESSAGE...: says what could not be found out.
unknown() {
  printf 'meshplan: %s\n' "$*" >&2
  exit 2
}

# say MESSAGE...: prints a line as it is; `echo` takes a backslash for the beginning of something.
say() {
  printf '%s\n' "$*"
}

kubectl() {
  command "${KUBECTL:-kubectl}" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} "$@"
}

# simulated WHAT: whether this is a simulated cluster, where nothing runs that could answer.
simulated() {
  [ "${MESHPLAN_SIMULATED:-}" = 1 ] || return 1
  say "skipped, as nothing runs in a simulated cluster: $1"
}

# seconds DEFAULT: how long to wait for one thing. MESHPLAN_WAIT sets every such limit.
seconds() (
  limit=${MESHPLAN_WAIT:-$1}
  # To kubectl, 0 means "without a limit".
  [ "$limit" -gt 0 ] || limit=1
  say "$limit"
)

# within SECONDS WHAT COMMAND...: tries a command every other second until it returns 0.
within() (
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until said=$("$@" 2>&1); do
    [ "$waited" -lt "$limit" ] || fail "timed out after ${limit}s: $what${said:+ (${said#meshplan: })}"
    sleep 2
    waited=$((waited + 2))
  done
  [ -z "$said" ] || printf '%s\n' "$said"
  say "$what"
)

# --- What the cluster has ---

# list TEMPLATE ARGUMENT...: prints TEMPLATE, a jsonpath, for each object that `kubectl get ARGUMENT...` lists, one a line.
list() (
  template=$1
  shift
  # An empty list and no answer at all would look the same: the words at the end come with a whole answer only.
  answer=$(kubectl get "$@" -o "jsonpath={range .items[*]}$template{\"\\n\"}{end}{\"end of list\"}") || exit 2
  case $answer in
    *'end of list') printf '%s' "${answer%'end of list'}" ;;
    *) unknown "kubectl get $*: the answer is incomplete" ;;
  esac
)

# look TEMPLATE KIND NAME [NAMESPACE]: prints TEMPLATE of one object; nothing where it does not exist.
look() (
  template=$1
  kind=$2
  name=$3
  shift 3
  list "$template" "$kind" "--field-selector=metadata.name=$name" ${1:+"--namespace=$1"}
)

# not_reached: for a call that failed: 1 where the server answers others, 2 where it does not.
not_reached() (
  look '{.metadata.name}' namespace default >/dev/null || exit 2
  exit 1
)

# absent KIND NAME [NAMESPACE]
absent() (
  found=$(look '{.metadata.name}' "$@") || exit 2
  [ -z "$found" ] || fail "$(named "$@") still exists"
)

# named KIND NAME [NAMESPACE]: how messages call an object.
named() {
  say "$1 ${3:+$3/}$2"
}

# field TEMPLATE KIND NAME [NAMESPACE]: prints TEMPLATE of one object, which has to exist.
field() (
  template=$1
  shift
  found=$(look "{.metadata.name} $template" "$@") || exit 2
  [ -n "$found" ] || fail "$(named "$@") does not exist"
  printf '%s\n' "${found#* }"
)

# expect VALUE TEMPLATE KIND NAME [NAMESPACE]: whether a field of an object has a value; empty where it has none.
expect() (
  value=$1
  template=$2
  shift 2
  found=$(field "$template" "$@") || exit
  [ "$found" = "$value" ] || fail "$(named "$@"): $template is '$found', not '$value'"
)

# expect_all VALUE TEMPLATE KIND NAME [NAMESPACE]: the same where TEMPLATE prints several lines.
expect_all() (
  value=$1
  template=$2
  shift 2
  found=$(field "$template" "$@") || exit
  found=$(printf '%s\n' "$found" | sort -u)
  [ "$found" = "$value" ] || fail "$(named "$@"): $template is '$found', not '$value'"
)

# lacks TEMPLATE KIND NAME [NAMESPACE]: whether an object has no value in a field, or does not exist.
lacks() (
  template=$1
  shift
  found=$(look "$template" "$@") || exit 2
  [ -z "$found" ] || fail "$(named "$@"): $template is '$found'"
)

# label_of KEY, annotation_of KEY: the jsonpath of a label or an annotation.
label_of() {
  say "{.metadata.labels.$(printf '%s' "$1" | sed 's/\./\\./g')}"
}
annotation_of() {
  say "{.metadata.annotations.$(printf '%s' "$1" | sed 's/\./\\./g')}"
}

# presence FILE...: prints for each object that files identify its name, or `missing`.
presence() (
  number=$#
  for file; do
    set -- "$@" -f "$file"
    shift
  done
  answer=$(kubectl get -o name "$@" 2>&1) || :
  found=$(printf '%s\n' "$answer" | sed -n -e 's/^Error from server (NotFound).* not found$/missing/p' -e '/^[a-z0-9.-]*\/[^ ]*$/p')
  [ "$(printf '%s\n' "$found" | grep -c .)" -eq "$number" ] || unknown "kubectl get: the answer is incomplete: $answer"
  printf '%s\n' "$found"
)

# gone FILE...: whether none of the objects that files identify exists.
gone() (
  found=$(presence "$@") || exit
  found=$(printf '%s\n' "$found" | grep -vx missing) || :
  [ -z "$found" ] || fail "not deleted:" "$found"
)

# matches FILE...: whether the cluster has what the files say.
matches() (
  found=$(presence "$@") || exit
  ! printf '%s\n' "$found" | grep -qx missing || fail "objects are missing:" "$@"
  for file; do
    set -- "$@" -f "$file"
    shift
  done
  status=0
  said=$(kubectl diff "$@" 2>&1) || status=$?
  case $status in
    0) ;;
    1) fail "the cluster does not have what the files say:" "$said" ;;
    *) unknown "$said" ;;
  esac
)

# answered NUMBER TEXT [END]: prints what kubectl said of so many objects, one a line; each line ends with END.
answered() (
  [ -z "$2" ] || printf '%s\n' "$2"
  lines=$(printf '%s\n' "$2" | grep -c -- ".${3:-}\$") || :
  [ "$lines" -eq "$1" ] || unknown "kubectl answered for $lines of $1 objects"
)

# --- What is written ---

# apply FILE...
apply() (
  number=$#
  for file; do
    set -- "$@" -f "$file"
    shift
  done
  said=$(kubectl apply "$@") || {
    printf '%s\n' "$said"
    exit 2
  }
  answered "$number" "$said"
)

# apply_kustomization FOLDER
apply_kustomization() (
  said=$(kubectl apply --server-side -k "$1") || exit 2
  [ -n "$said" ] || unknown "kubectl apply -k: no answer"
  printf '%s\n' "$said"
)

# delete FILE...: deletes the objects that files identify, in this order, and waits until they are gone.
delete() (
  for file; do
    set -- "$@" -f "$file"
    shift
  done
  delete_objects "$@" || exit 2
  for option; do
    shift
    [ "$option" = -f ] || set -- "$@" "$option"
  done
  gone "$@"
)

# delete_objects ARGUMENT...: `kubectl delete ARGUMENT...`, without a question that nobody answers.
delete_objects() (
  case $(kubectl delete --help 2>&1) in
    *--interactive*) set -- --interactive=false "$@" ;;
  esac
  kubectl delete --ignore-not-found --timeout="$(seconds 300)s" "$@"
)

# patch FILE: merges fields into an object, whoever wrote it.
patch() (
  kubectl patch -f "$1" --type=merge --patch-file="$1" || exit 2
  # Another time there would be nothing to change.
  template='{.metadata.labels}{.metadata.annotations}{.spec}{.webhooks}{.data}{.rules}{"end"}'
  found=$(kubectl get -f "$1" -o "jsonpath=$template") || exit 2
  wanted=$(kubectl patch -f "$1" --type=merge --patch-file="$1" --dry-run=server -o "jsonpath=$template") || exit 2
  case $found in
    *end) ;;
    *) unknown "kubectl get -f $1: the answer is incomplete" ;;
  esac
  [ "$found" = "$wanted" ] || fail "the object does not have what $1 says"
)

# restore FILE...: gives objects every field that they had, and no other.
restore() (
  for file; do
    found=$(presence "$file") || exit
    case $found in
      missing) kubectl create -f "$file" || exit 2 ;;
      *) kubectl replace -f "$file" || exit 2 ;;
    esac
  done
  matches "$@"
)

# label KEY VALUE KIND NAME [NAMESPACE], annotate ...: an empty VALUE takes it away.
label() {
  write_metadata label "$(label_of "$1")" "$@"
}
annotate() {
  write_metadata annotate "$(annotation_of "$1")" "$@"
}

write_metadata() (
  verb=$1
  template=$2
  key=$3
  value=$4
  shift 4
  pair=$key=$value
  [ -n "$value" ] || pair=$key-
  kubectl "$verb" "$1" "$2" ${3:+"--namespace=$3"} "$pair" --overwrite || exit 2
  expect "$value" "$template" "$@"
)

# rolled_out KIND NAME NAMESPACE: waits until every pod is of the newest template and ready.
rolled_out() (
  field '{.metadata.generation}' "$@" >/dev/null || exit
  said=$(kubectl rollout status "$1/$2" -n "$3" --timeout="$(seconds 300)s") || {
    printf '%s\n' "$said"
    exit 1
  }
  printf '%s\n' "$said"
  case $said in
    *'successfully rolled out' | *'roll out complete'* | *'rolling update complete'*) ;;
    *) unknown "kubectl rollout status $1/$2: the answer is incomplete" ;;
  esac
)

# established CRD...: waits until custom resources are served.
established() (
  number=$#
  for crd; do
    set -- "$@" "crd/$crd"
    shift
  done
  said=$(kubectl wait "$@" --for=condition=Established --timeout="$(seconds 60)s") || not_reached || exit
  answered "$number" "$said" 'condition met'
)

# --- Custom resources of the Gateway API ---

# bundle_of: prints bundle and channel of the Gateway API CRDs; nothing where there are none.
bundle_of() {
  look '{.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}' \
    crd gateways.gateway.networking.k8s.io
}

# bundle_is BUNDLE CHANNEL CRD...: whether the CRDs are those of a bundle, and served.
bundle_is() (
  bundle=$1
  channel=$2
  shift 2
  established "$@" || exit
  for crd; do
    expect "$bundle $channel" \
      '{.metadata.annotations.gateway\.networking\.k8s\.io/bundle-version} {.metadata.annotations.gateway\.networking\.k8s\.io/channel}' \
      crd "$crd" || exit
  done
)

# may_install_bundle BUNDLE CHANNEL KEY: CRDs never go back, and their channel stays; KEY is what [gateway-api] would say instead.
may_install_bundle() (
  found=$(bundle_of) || exit
  bundle=${found%% *}
  channel=${found#* }
  [ -n "$bundle" ] || exit 0
  [ "$channel" = "$2" ] ||
    fail "the cluster has the Gateway API CRDs of the $channel channel and the plan says $2; write channel = \"$channel\" into [gateway-api]"
  oldest=$(printf '%s\n' "$bundle" "$1" | sort -t . -k 1.2,1n -k 2,2n -k 3,3n | head -n 1)
  [ "$oldest" = "$bundle" ] ||
    fail "the cluster has the Gateway API bundle $bundle, which is newer than $1; write $3 = \"$bundle\" into [gateway-api]"
)

# not_stored_as CRD VERSION BUNDLE: no object of a CRD may be stored in a version that a bundle no longer has.
not_stored_as() (
  stored=$(look '{.status.storedVersions[*]}' crd "$1") || exit
  case " $stored " in
    *" $2 "*)
      found=$(bundle_of) || exit
      fail "objects of $1 may be stored as $2, which $3 no longer has; write from = \"${found%% *}\" into [gateway-api] and compile again: the plan then has the steps that rewrite them"
      ;;
  esac
)

# stored_as CRD VERSION [CRD VERSION]...: every object of a CRD is stored in one version.
stored_as() (
  while [ $# -gt 1 ]; do
    stored=$(look '{.status.storedVersions[*]}' crd "$1") || exit
    [ -z "$stored" ] || [ "$stored" = "$2" ] || fail "$1 may have objects stored as '$stored', not as $2 alone"
    shift 2
  done
)

# store_as CRD VERSION: writes every object of a CRD again, so that it is stored in the version that the CRD stores now.
store_as() (
  stored=$(look '{.status.storedVersions[*]}' crd "$1") || exit
  [ -n "$stored" ] && [ "$stored" != "$2" ] || exit 0
  case " $stored " in
    *" $2 "*) ;;
    *) fail "$1 stores nothing as $2 yet; apply the step before this one first" ;;
  esac
  names=$(list '{.metadata.name}' "$1" -A) || exit
  if [ -n "$names" ]; then
    objects=$(kubectl get "$1" -A -o json) || exit 2
    said=$(printf '%s\n' "$objects" | kubectl replace -f -) || exit 2
    answered "$(printf '%s\n' "$names" | grep -c .)" "$said" || exit
  fi
  kubectl patch crd "$1" --subresource=status --type=merge -p "{\"status\":{\"storedVersions\":[\"$2\"]}}" || exit 2
  stored_as "$1" "$2"
)

# --- istioctl ---

# istioctl_of VERSION VARIABLE PATH: prints the istioctl of a version, which is PATH if that is not empty.
istioctl_of() (
  program=$3
  if [ -z "$program" ]; then
    program=istioctl
    if command -v "istioctl-$1" >/dev/null 2>&1; then
      program=istioctl-$1
    fi
  fi
  command -v "$program" >/dev/null 2>&1 || fail "istioctl $1 is missing; put it on the path as istioctl-$1, or its path into $2"
  answer=$("$program" version --remote=false --short) || unknown "$program does not say its version"
  # istioctl installs its own version, so no other will do.
  [ "${answer##* }" = "$1" ] || fail "$program is version ${answer##* }; this step needs $1, in $2 or as istioctl-$1"
  printf '%s\n' "$program"
)

# run_istioctl PROGRAM NAMESPACE ARGUMENT...
run_istioctl() (
  program=$1
  namespace=$2
  shift 2
  [ "$namespace" = istio-system ] || set -- "$@" --istioNamespace "$namespace"
  # What it has done it says on standard error.
  said=$(command "$program" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} 2>&1) || {
    status=$?
    printf '%s\n' "$said"
    exit "$status"
  }
  [ -n "$said" ] || unknown "$program $1: no answer"
  printf '%s\n' "$said"
)

# install_held PROGRAM NAMESPACE FILE: installs where nothing replaces pods, so that istioctl waits for them in vain.
install_held() (
  status=0
  said=$(run_istioctl "$1" "$2" install -f "$3" --skip-confirmation --readiness-timeout 5s 2>&1) || status=$?
  [ -z "$said" ] || printf '%s\n' "$said"
  [ "$status" -ne 0 ] || exit 0
  case $said in
    *'resources not ready after'*) say 'istioctl does not see new pods, since none is replaced yet; the objects are looked at instead' ;;
    *) fail "istioctl failed (see above)" ;;
  esac
)

# ready_with_istiod ISTIOD NAMESPACE DEPLOYMENT NAMESPACE: waits for a gateway's pods for as long as their control plane exists. Without
# it a new pod would never become ready, and waiting would never end.
ready_with_istiod() (
  found=$(look '{.metadata.name}' deployment "$1" "$2") || exit
  [ -n "$found" ] || exit 0
  simulated "Deployment $4/$3" || rolled_out deployment "$3" "$4"
)

# version_of IMAGE VERSION: whether an image is of a version, or of one of its variants, as -distroless; a pre-release is none.
version_of() {
  case $1 in
    *:"$2"-alpha* | *:"$2"-beta* | *:"$2"-rc*) return 1 ;;
    *:"$2" | *:"$2"-* | *:"$2"@*) ;;
    *) return 1 ;;
  esac
}

# runs VERSION KIND NAME NAMESPACE: whether the first container of a workload is of a version.
runs() (
  version=$1
  shift
  image=$(field '{.spec.template.spec.containers[0].image}' "$@") || exit
  version_of "$image" "$version" || fail "$(named "$@") runs $image, not $version"
)

# only_mesh REVISIONS VERSIONS: the plan installs a mesh of its own, so the cluster may have no other. Both are lists with blanks.
only_mesh() (
  injectors=$(list '{.metadata.labels.istio\.io/rev}' mutatingwebhookconfigurations -l app=sidecar-injector) || exit
  for revision in $injectors; do
    case " $1 " in
      *" $revision "*) ;;
      *) fail "the cluster has an Istio already, revision $revision; a plan that starts from one has origin = 'existing'" ;;
    esac
  done
  images=$(list '{.spec.template.spec.containers[0].image}' daemonsets -A -l k8s-app=istio-cni-node) || exit
  for image in $images; do
    for version in $2; do
      ! version_of "$image" "$version" || continue 2
    done
    fail "the cluster has an istio-cni already, $image; the plan's would take its place"
  done
)

# only_ztunnels NAMESPACE/NAME...: a node must not have two.
only_ztunnels() (
  ztunnels=$(list '{.metadata.namespace}/{.metadata.name} {.spec.selector.matchLabels.app}' daemonsets -A) || exit
  ztunnels=$(printf '%s\n' "$ztunnels" | awk '$2 == "ztunnel" { print $1 }')
  for ztunnel in $ztunnels; do
    case " $* " in
      *" $ztunnel "*) ;;
      *) fail "the cluster has a ztunnel that the plan does not know, DaemonSet $ztunnel" ;;
    esac
  done
)

# crds_are VERSION CRD...: whether Istio's CRDs are those of a version of its base chart.
crds_are() (
  version=$1
  shift
  for crd; do
    expect "$version" '{.metadata.labels.app\.kubernetes\.io/version}' crd "$crd" || exit
  done
)

# tag_is TAG WEBHOOK REVISION [SERVICE]: whether a tag points to a revision, and with SERVICE, whether the default validation of Istio's
# objects asks that one.
tag_is() (
  expect "$3" '{.metadata.labels.istio\.io/rev}' mutatingwebhookconfigurations "$2" || exit
  # Newer control planes take a tag from its Service as well.
  revision=$(list '{.metadata.labels.istio\.io/rev}' services -A -l "istio.io/tag=$1") || exit
  revision=$(printf '%s\n' "$revision" | sort -u)
  [ -z "$revision" ] || [ "$revision" = "$3" ] || fail "the Service of the tag $1 is of '$revision', not of $3"
  [ -n "${4:-}" ] || exit 0
  expect "$4" '{.webhooks[0].clientConfig.service.name}' validatingwebhookconfigurations istiod-default-validator
)

# tag_left TAG WEBHOOK REVISION: whether a tag points to another revision by now, or does not exist.
tag_left() (
  revision=$(look '{.metadata.labels.istio\.io/rev}' mutatingwebhookconfigurations "$2") || exit
  [ "$revision" != "$3" ] || fail "the tag $1 still points to $3"
)

# delete_tag TAG WEBHOOK REVISION FILE...: deletes a tag, unless it points to another revision by now.
delete_tag() (
  tag=$1
  revision=$3
  owner=$(look '{.metadata.labels.istio\.io/rev}' mutatingwebhookconfigurations "$2") || exit
  shift 3
  case $owner in
    '' | "$revision") delete "$@" ;;
    *) say "the tag $tag belongs to revision $owner by now and stays" ;;
  esac
)

# validator_is NAME SERVICE REVISION: which control plane the validation of Istio's objects asks.
validator_is() (
  expect_all "$2" '{range .webhooks[*]}{.clientConfig.service.name}{"\n"}{end}' validatingwebhookconfigurations "$1" || exit
  expect "$3" '{.metadata.labels.istio\.io/rev}' validatingwebhookconfigurations "$1"
)

# all_owned SELECTOR REVISION: no Gateway or waypoint of Istio's classes is without a control plane.
all_owned() (
  classes=$(list '{.metadata.name} {.spec.controllerName}' gatewayclasses.gateway.networking.k8s.io) || exit
  gateways=$(list '{.spec.gatewayClassName} {.metadata.namespace}/{.metadata.name}' gateways.gateway.networking.k8s.io -A -l "$1") || exit
  gateways=$(printf '%s\n' "$classes" '' "$gateways" | awk '
    !NF { then = 1 }
    !then { istio[$1] = $2 ~ /^istio\.io\// }
    then && NF && ($1 in istio ? istio[$1] : $1 ~ /^istio/) { print $2 }')
  [ -z "$gateways" ] || fail "these Gateways and waypoints would lose their control plane; label them istio.io/rev=$2 first:" "$gateways"
)

# gateway_runs DEPLOYMENT NAMESPACE VERSION REVISION: whether a Gateway's Deployment is the work of a revision; VERSION is empty for an
# image of one's own, REVISION where there is none to look for.
gateway_runs() (
  if [ -n "$4" ]; then
    # Where a Gateway gives its pods labels of their own, only the annotation names the revision.
    revisions=$(field '{.spec.template.metadata.labels.istio\.io/rev},{.spec.template.metadata.annotations.istio\.io/rev}' deployment "$1" "$2") || exit
    case ,$revisions, in
      *,"$4",*) ;;
      *) fail "deployment $2/$1 is of revision '$revisions', not $4" ;;
    esac
  fi
  [ -n "$3" ] || exit 0
  image=$(field '{.spec.template.spec.containers[?(@.name=="istio-proxy")].image}' deployment "$1" "$2") || exit
  version_of "$image" "$3" || fail "deployment $2/$1 runs $image, not $3"
)

# gateway_moved WHAT DEPLOYMENT NAMESPACE VERSION REVISION: waits until a Gateway's Deployment is the work of a revision and rolled out.
gateway_moved() (
  what=$1
  shift
  ! simulated "$what" || exit 0
  within 300 "$what" gateway_runs "$@" || exit
  rolled_out deployment "$1" "$2"
)

# --- Nodes ---

# has_nodes SELECTOR
has_nodes() (
  nodes=$(list '{.metadata.name}' nodes -l "$1") || exit
  [ -n "$nodes" ] || fail "no node carries $1"
)

# no_nodes SELECTOR
no_nodes() (
  nodes=$(list '{.metadata.name}' nodes -l "$1") || exit
  [ -z "$nodes" ] || fail "these nodes carry $1:" "$nodes"
)

# covers SELECTOR DAEMONSET NAMESPACE: whether each node with these labels has a ready pod of a DaemonSet.
covers() (
  nodes=$(list '{.metadata.name}' nodes -l "$1") || exit
  nodes=$(printf '%s\n' "$nodes" | grep -c .) || :
  ready=$(field '{.status.numberReady}' daemonset "$2" "$3") || exit
  if [ "$nodes" -eq 0 ] || [ "$nodes" -ne "${ready:-0}" ]; then
    fail "$nodes nodes, ${ready:-0} ready pods"
  fi
)

# settled DAEMONSET NAMESPACE: whether a DaemonSet replaces no pod by itself, its controller has seen it, and all of its pods are ready.
settled() (
  expect OnDelete '{.spec.updateStrategy.type}' daemonset "$1" "$2" || exit
  generation=$(field '{.metadata.generation}' daemonset "$1" "$2") || exit
  expect "$generation" '{.status.observedGeneration}' daemonset "$1" "$2" || exit
  desired=$(field '{.status.desiredNumberScheduled}' daemonset "$1" "$2") || exit
  ready=$(field '{.status.numberReady}' daemonset "$1" "$2") || exit
  if [ -z "$desired" ] || [ "$desired" != "${ready:-0}" ]; then
    fail "${ready:-0} of ${desired:-0} pods are ready"
  fi
)

# kept_off KEY VALUE DAEMONSET NAMESPACE: whether a DaemonSet is kept off nodes with a label.
kept_off() (
  terms=$(field "{range .spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*]}{.matchExpressions[?(@.key==\"$1\")].operator} {.matchExpressions[?(@.key==\"$1\")].values[0]}{\"\\n\"}{end}" daemonset "$3" "$4") || exit
  terms=$(printf '%s\n' "$terms" | sort -u)
  [ "$terms" = "NotIn $2" ] || fail "DaemonSet $4/$3 is not kept off the nodes with $1=$2"
)

# not_kept_off KEY VALUE DAEMONSET NAMESPACE
not_kept_off() (
  field '{.metadata.name}' daemonset "$3" "$4" >/dev/null || exit
  status=0
  said=$(kept_off "$@" 2>&1) || status=$?
  case $status in
    0) fail "DaemonSet $4/$3 is still kept off the nodes with $1=$2" ;;
    1) ;;
    *) unknown "$said" ;;
  esac
)

# free_for KEY VALUE NODE...: no node may be of another pool.
free_for() (
  key=$1
  value=$2
  shift 2
  for node; do
    found=$(field "$(label_of "$key")" node "$node") || exit
    case $found in
      '' | "$value") ;;
      *) fail "node $node carries $key=$found already; the ztunnel and the pods of that pool would lose it" ;;
    esac
  done
)

# nodes_have KEY VALUE NODE...
nodes_have() (
  key=$1
  value=$2
  shift 2
  for node; do
    expect "$value" "$(label_of "$key")" node "$node" || exit
  done
)

# label_nodes PLAN KEY VALUE NODE...: a node that has the label already keeps it when one goes back.
label_nodes() (
  plan=$1
  key=$2
  value=$3
  shift 3
  for node; do
    found=$(field "$(label_of "$key")" node "$node") || exit
    [ -n "$found" ] || annotate meshplan.dev/labelled-by "$plan" node "$node" || exit
    label "$key" "$value" node "$node" || exit
  done
)

# unlabel_nodes PLAN KEY NODE...: takes a label from the nodes that this plan gave it to.
unlabel_nodes() (
  plan=$1
  key=$2
  shift 2
  for node; do
    by=$(look "$(annotation_of meshplan.dev/labelled-by)" node "$node") || exit
    if [ "$by" = "$plan" ]; then
      label "$key" '' node "$node" || exit
      annotate meshplan.dev/labelled-by '' node "$node" || exit
    else
      say "node $node: $key is not this plan's, or the node is gone; nothing to do"
    fi
  done
)

# cordon NODE
cordon() (
  kubectl cordon "$1" || exit 2
  expect true '{.spec.unschedulable}' node "$1"
)

# note_cordon NODE: notes whether somebody else has cordoned a node, so that `uncordon` leaves it so.
note_cordon() (
  mark=$(field "$(annotation_of meshplan.dev/moving)" node "$1") || exit
  [ -z "$mark" ] || exit 0
  cordoned=$(field '{.spec.unschedulable}' node "$1") || exit
  mark=open
  [ "$cordoned" != true ] || mark=cordoned
  annotate meshplan.dev/moving "$mark" node "$1"
)

# return_node KEY VALUE NODE: moves the pods off a node and gives it another label. No pod of the mesh may stay on a node that loses its
# ztunnel.
return_node() (
  note_cordon "$3" || exit
  cordon "$3" || exit
  drain "$3" 600 || exit
  label "$1" "$2" node "$3" || exit
  uncordon "$3"
)

# uncordon NODE: opens a node again, unless it was cordoned for a reason that is not the plan's.
uncordon() (
  mark=$(field "$(annotation_of meshplan.dev/moving)" node "$1") || exit
  if [ "$mark" != cordoned ]; then
    kubectl uncordon "$1" || exit 2
    cordoned=$(field '{.spec.unschedulable}' node "$1") || exit
    [ "$cordoned" != true ] || fail "node $1 is still cordoned"
  fi
  annotate meshplan.dev/moving '' node "$1"
)

# left_on NODE: prints the pods of a node but those of DaemonSets and of the node itself, each with what istio-cni says of it.
left_on() (
  pods=$(list '{.metadata.namespace}/{.metadata.name},{.metadata.ownerReferences[0].kind},{.metadata.annotations.ambient\.istio\.io/redirection}' \
    pods -A "--field-selector=spec.nodeName=$1,status.phase!=Succeeded,status.phase!=Failed") || exit
  printf '%s\n' "$pods" | awk -F , 'NF && $2 != "DaemonSet" && $2 != "Node" { print $1, $3 }'
)

# drain NODE SECONDS
drain() (
  # The server says beforehand which pods it would not evict, and kubectl which ones no controller would replace.
  said=$(kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --dry-run=server --timeout="$(seconds 30)s") || {
    look '{.metadata.name}' node "$1" >/dev/null || exit 2
    fail "node $1 cannot be drained: a PodDisruptionBudget has no room, or a pod has no controller (see above). It stays cordoned, with its ztunnel and its pods; make room, and run this again"
  }
  [ -n "$said" ] || unknown "kubectl drain --dry-run: no answer"
  printf '%s\n' "$said"
  for try in 1 2 3; do
    kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout="$(seconds "$2")s" || exit 2
    # A pod that the scheduler bound before it knew of the cordon is not among those that a drain looks for.
    left=$(left_on "$1") || exit
    [ -n "$left" ] || exit 0
    say "after drain $try there are pods on $1 again:" "$left"
  done
  # What tolerates a cordon comes back each time, as some operators do; it may, unless it is part of the mesh.
  case $left in
    *' enabled'*) fail "pods of the mesh keep coming to $1 although it is cordoned; it stays cordoned, with its ztunnel" ;;
  esac
)

# pod_ready NODE NAMESPACE SELECTOR: whether a node has one pod with these labels, and it is ready.
pod_ready() (
  conditions=$(list '{.status.conditions[?(@.type=="Ready")].status}' pods -n "$2" -l "$3" "--field-selector=spec.nodeName=$1") || exit
  [ "$conditions" = True ] || fail "pods with $3 on $1: ready '$conditions'"
)

# replace_pod NODE NAMESPACE SELECTOR: deletes a DaemonSet's pod on a node, which the controller replaces by one of the newest template.
replace_pod() (
  uids() { list '{.metadata.uid}' pods -n "$2" -l "$3" "--field-selector=spec.nodeName=$1"; }
  deleted=$(uids "$@") || exit
  delete_objects pods -n "$2" -l "$3" "--field-selector=spec.nodeName=$1" || exit 2
  found=$(uids "$@") || exit
  for uid in $deleted; do
    case $found in
      *"$uid"*) fail "the pod with $3 on $1 was not deleted" ;;
    esac
  done
)

# moved SELECTOR KEY OPERATOR VALUE: whether every node of a group carries a label (=), or none does (!=), and none is on its way.
moved() (
  other='!='
  [ "$3" = = ] || other='='
  nodes=$(list '{.metadata.name}' nodes -l "$1,$2$other$4") || exit
  [ -z "$nodes" ] || fail "these nodes with $1 should have $2$3$4:" "$nodes"
  nodes=$(list '{.metadata.name} {.metadata.annotations.meshplan\.dev/moving}' nodes -l "$1") || exit
  nodes=$(printf '%s\n' "$nodes" | awk 'NF > 1 { print $1 }')
  [ -z "$nodes" ] || fail 'the move of these nodes was not finished; run the step again:' "$nodes"
)

# soak_between_batches SECONDS
soak_between_batches() (
  ! simulated "a soak of $1 seconds" || exit 0
  waited=0
  while [ "$waited" -lt "$1" ]; do
    say "soak: $waited of $1 seconds"
    sleep 30
    waited=$((waited + 30))
  done
)

# --- Probe pods: whether a node can be opened again ---

# MESHPLAN_PROBE_IMAGE is agnhost, of Kubernetes' own tests, or an image with its commands; MESHPLAN_PROBE_OUT is what a pod has to reach
# by name; MESHPLAN_PROBE=no goes without.
probe_pod() {
  printf '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s", "namespace": "meshplan-probe"}, "spec": {"nodeName": "%s", "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "tolerations": [{"operator": "Exists"}], "containers": [{"name": "probe", "image": "%s", "args": ["netexec", "--http-port=8080"]}]}}\n' \
    "$1" "$2" "${MESHPLAN_PROBE_IMAGE:-registry.k8s.io/e2e-test-images/agnhost:2.53}"
}

# Pods without a controller would stop the next drain.
remove_probe_pods() (
  delete_objects namespace meshplan-probe || exit 2
  absent namespace meshplan-probe
)

reaches() {
  kubectl exec -n meshplan-probe "$1" -- /agnhost connect "$2" --timeout=5s
}

# neighbour NODE SELECTOR: prints another node that pods can come to.
neighbour() (
  others=$(list '{.metadata.name} {.spec.unschedulable} {.status.conditions[?(@.type=="Ready")].status}' nodes -l "$2") || exit
  printf '%s\n' "$others" | awk -v own="$1" '$1 != own && $2 == "True" { print $1; exit }'
)

# accept NODE OTHERS ANY [LABEL...]: a node is taken when a pod of the mesh on it talks both ways with one on a node with the labels
# OTHERS, or else ANY, resolves a name and gets out. The labels are those by which control planes see a namespace.
accept() (
  node=$1
  ! simulated "a pod of the mesh on $node talks with one of the other pool" || exit 0
  if [ "${MESHPLAN_PROBE:-}" = no ]; then
    say "not probed, as MESHPLAN_PROBE says no: $node"
    exit 0
  fi
  other=$(neighbour "$node" "$2") || exit
  [ -n "$other" ] || other=$(neighbour "$node" "$3") || exit
  if [ -z "$other" ]; then
    say "not probed, as there is no other node: $node"
    exit 0
  fi
  shift 3
  remove_probe_pods || exit
  kubectl create namespace meshplan-probe || exit 2
  for pair in istio.io/dataplane-mode=ambient "$@"; do
    label "${pair%%=*}" "${pair#*=}" namespace meshplan-probe || exit
  done
  {
    probe_pod here "$node"
    probe_pod there "$other"
  } | kubectl apply -f - || exit 2
  said=$(kubectl wait pod/here pod/there -n meshplan-probe --for=condition=Ready --timeout="$(seconds 180)s") ||
    fail "a pod of the mesh does not start on $node or $other; $node stays cordoned (MESHPLAN_PROBE_IMAGE names another image, MESHPLAN_PROBE=no goes without)"
  answered 2 "$said" 'condition met' || exit
  for pod in here there; do
    expect enabled "$(annotation_of ambient.istio.io/redirection)" pod "$pod" meshplan-probe ||
      fail "pod meshplan-probe/$pod is not part of the mesh; $node stays cordoned"
  done
  near=$(field '{.status.podIP}' pod here meshplan-probe) || exit
  far=$(field '{.status.podIP}' pod there meshplan-probe) || exit
  within 60 "a pod on $node reaches one on $other" reaches here "$far:8080" || exit
  within 60 "a pod on $other reaches one on $node" reaches there "$near:8080" || exit
  within 60 "a pod on $node resolves a name and gets out" reaches here "${MESHPLAN_PROBE_OUT:-kubernetes.default.svc:443}" || exit
  remove_probe_pods
)

# --- Namespaces, workloads and routes ---

# note_namespaces PLAN NAMESPACE...: notes of namespaces that others made which labels they have, for the way back.
note_namespaces() (
  plan=$1
  shift
  for namespace; do
    found=$(look '{.metadata.name} {.metadata.annotations.meshplan\.dev/plan}' namespace "$namespace") || exit
    case $found in
      '' | "$namespace $plan") ;;
      *)
        labels=$(field '{.metadata.labels.istio\.io/dataplane-mode},{.metadata.labels.app\.kubernetes\.io/managed-by}' namespace "$namespace") || exit
        annotate meshplan.dev/found-with "$labels" namespace "$namespace" || exit
        ;;
    esac
  done
)

# delete_namespace PLAN FILE: deletes a namespace that this plan made; one that others made gets the labels back that it had.
delete_namespace() (
  name=$(presence "$2") || exit
  [ "$name" != missing ] || exit 0
  name=${name#namespace/}
  found=$(look '{.metadata.name} {.metadata.annotations.meshplan\.dev/plan} {.metadata.annotations.meshplan\.dev/found-with}' namespace "$name") || exit
  case $found in
    '') ;;
    *" $1 ") delete "$2" ;;
    *,*)
      # The note of its labels stays, so that a second run knows them as well.
      found=${found##* }
      label istio.io/dataplane-mode "${found%%,*}" namespace "$name" || exit
      label app.kubernetes.io/managed-by "${found#*,}" namespace "$name" || exit
      annotate meshplan.dev/plan '' namespace "$name" || exit
      say "namespace $name existed before this plan and stays"
      ;;
    *) say "namespace $name is not this plan's and stays" ;;
  esac
)

# no_pods NAMESPACE [SELECTOR]
no_pods() (
  pods=$(list '{.metadata.name}' pods -n "$1" ${2:+"--selector=$2"}) || exit
  [ -z "$pods" ] || fail "there are pods:" "$pods"
)

# captured NAMESPACE: whether every running pod of a namespace is part of the mesh.
captured() (
  pods=$(list '{.metadata.name} {.spec.hostNetwork} {.metadata.annotations.ambient\.istio\.io/redirection}' \
    pods -n "$1" --field-selector=status.phase=Running) || exit
  # A pod of its node's network never is part of the mesh.
  pods=$(printf '%s\n' "$pods" | awk 'NF && $2 != "true" && !(NF > 1 && $NF == "enabled") { print $1 }')
  [ -z "$pods" ] || fail "pods outside of the mesh:" "$pods"
)

# served NAME NAMESPACE: whether a Service has a ready endpoint.
served() (
  ready=$(list '{.endpoints[*].conditions.ready}' endpointslices -n "$2" -l "kubernetes.io/service-name=$1") || exit
  printf '%s\n' "$ready" | tr ' ' '\n' | grep -qx true || fail "no endpoint is ready"
)

# unrouted NAMESPACE...: no HTTPRoute sends requests to a Service of these namespaces, whoever wrote it and whatever the weight. One that
# goes with such a namespace counts where it is attached to a Gateway elsewhere.
unrouted() (
  reference='{.kind}:{.namespace}/{.name}'
  mirror='{.requestMirror.backendRef.kind}:{.requestMirror.backendRef.namespace}/{.requestMirror.backendRef.name}'
  routed=$(list "{.metadata.namespace}/{.metadata.name}{range .spec.parentRefs[*]} parent:$reference{end}{range .spec.rules[*].backendRefs[*]} to:$reference{end}{range .spec.rules[*].filters[*]} to:$mirror{end}{range .spec.rules[*].backendRefs[*].filters[*]} to:$mirror{end}" \
    httproutes.gateway.networking.k8s.io -A) || exit
  routed=$(printf '%s\n' "$routed" | awk -v namespaces="$*" '
    BEGIN { split(namespaces, all, " "); for (i in all) goes[all[i]] = 1 }
    {
      split($1, route, "/"); elsewhere = !(route[1] in goes); found = ""
      for (i = 2; i <= NF; i++) {
        split($i, part, ":"); split(part[3], name, "/")
        namespace = name[1] == "" ? route[1] : name[1]
        if (part[1] == "parent" && (part[2] == "" || part[2] == "Gateway") && !(namespace in goes)) elsewhere = 1
        if (part[1] == "to" && name[2] != "" && (part[2] == "" || part[2] == "Service") && namespace in goes) found = namespace "/" name[2]
      }
      if (elsewhere && found != "") print $1 " names Service " found
    }')
  [ -z "$routed" ] || fail "these HTTPRoutes still send requests there:" "$routed"
)

# clients_moved FROM TO: only a person knows where clients send their requests: DNS records, and clients that keep an address.
clients_moved() (
  [ "${MESHPLAN_CLIENTS_MOVED:-}" = yes ] || simulated 'clients have moved' ||
    fail "move the clients of $1 to $2 first (their DNS records), then run this with MESHPLAN_CLIENTS_MOVED=yes"
)

# detached NAMESPACE/GATEWAY...: no HTTPRoute is attached to these Gateways.
detached() (
  attached=$(list '{.metadata.namespace}{range .spec.parentRefs[*]} {.kind}:{.namespace}/{.name}{end}' httproutes.gateway.networking.k8s.io -A) || exit
  # A parent is a Gateway of the route's own namespace, unless it says otherwise.
  attached=$(printf '%s\n' "$attached" | awk '{
    for (i = 2; i <= NF; i++) {
      split($i, parent, ":"); split(parent[2], name, "/")
      if (parent[1] == "" || parent[1] == "Gateway") print $1, (name[1] == "" ? $1 : name[1]) "/" name[2]
    }
  }')
  printf '%s\n' "$attached" | while read -r namespace gateway; do
    case " $* " in
      *" $gateway "*) [ -z "$gateway" ] || fail "an HTTPRoute in $namespace is still attached to Gateway $gateway" ;;
    esac
  done
)

# resolved ROUTE NAMESPACE GATEWAY: whether a route is accepted and its references resolve, for its newest generation.
resolved() (
  generation=$(field '{.metadata.generation}' httproutes.gateway.networking.k8s.io "$1" "$2") || exit
  for condition in Accepted ResolvedRefs; do
    found=$(field "{range .status.parents[?(@.parentRef.name==\"$3\")].conditions[?(@.type==\"$condition\")]}{.status} {.observedGeneration}{\"\\n\"}{end}" \
      httproutes.gateway.networking.k8s.io "$1" "$2") || exit
    ! printf '%s\n' "$found" | grep -qx "False $generation" || fail "$condition is False for a parent"
    printf '%s\n' "$found" | grep -qx "True $generation" || fail "$condition is '$found' at generation $generation"
  done
)

# gateway_is CONDITION GATEWAY NAMESPACE: waits for a condition of a Gateway.
gateway_is() (
  said=$(kubectl wait "gateways.gateway.networking.k8s.io/$2" -n "$3" --for="condition=$1" --timeout="$(seconds 300)s") || not_reached || exit
  answered 1 "$said" 'condition met'
)

# --- Requests ---

# request URL HEADER OPTION...: HEADER may be empty. A URL is asked for as it stands: brackets and braces are no patterns, and curl's own
# configuration does not count. A proxy of the environment does.
request() (
  url=$1
  header=$2
  shift 2
  [ -z "$header" ] || set -- "$@" -H "$header"
  curl -q -sS -m 10 --globoff "$@" -- "$url"
)

# has_header NAME VALUE: whether the headers of an answer on standard input have this one.
has_header() (
  header=$1 value=$2 awk '
    { sub(/\r$/, "") }
    $0 == "" { exit }
    tolower(substr($0, 1, index($0, ":") - 1)) == ENVIRON["header"] {
      own = substr($0, index($0, ":") + 1)
      gsub(/^[ \t]+|[ \t]+$/, "", own)
      if (own == ENVIRON["value"]) found = 1
    }
    END { exit !found }'
)

# probe URL HEADER STATUS CONTAINS [NAME VALUE]: whether a request gets a status, a text in its body (unless that is empty), and a header.
probe() (
  answer=$(request "$1" "$2" -i -w '\n%{http_code}') || exit 2
  status=$(printf '%s\n' "$answer" | tail -n 1)
  [ "$status" = "$3" ] || fail "the status is $status, not $3"
  if [ $# -gt 4 ]; then
    printf '%s\n' "$answer" | has_header "$5" "$6" || fail "the answer has no header $5: $6"
  fi
  [ -n "$4" ] || exit 0
  body=$(printf '%s\n' "$answer" | sed '$d' | awk 'body { print } { sub(/\r$/, "") } $0 == "" { body = 1 }')
  printf '%s\n' "$body" | grep -qF -- "$4" || fail "the body does not contain $4"
)

# sample URL HEADER REQUESTS LEAST MOST CONTAINS [NAME VALUE]: of so many requests, how many the canary answers.
sample() (
  asked=0
  canary=0
  while [ "$asked" -lt "$3" ]; do
    answer=$(request "$1" "$2" -i -w '\n%{http_code}') || exit 2
    status=$(printf '%s\n' "$answer" | tail -n 1)
    case $status in
      [1-4][0-9][0-9]) ;;
      *) fail "request $((asked + 1)) of $3 got status '$status'" ;;
    esac
    if [ $# -gt 6 ]; then
      ! printf '%s\n' "$answer" | has_header "$7" "$8" || canary=$((canary + 1))
    else
      ! printf '%s\n' "$answer" | grep -qF -- "$6" || canary=$((canary + 1))
    fi
    asked=$((asked + 1))
  done
  said="the canary answered $canary of $asked"
  if [ "$canary" -lt "$4" ] || [ "$canary" -gt "$5" ]; then
    fail "$said"
  fi
  say "$said"
)

# soak SECONDS [PROBE...]: lets time go by, and asks each probe every minute.
soak() (
  left=$1
  shift
  ! simulated "soak of $left seconds" || exit 0
  while [ "$left" -gt 0 ]; do
    say "soak: $left seconds left"
    nap=$((left < 60 ? left : 60))
    sleep "$nap"
    left=$((left - nap))
    for check; do
      "$check" || "$check" || fail "during the soak a probe failed twice"
    done
  done
)

# --- What somebody else owns ---

# at_owner OWNER CHECK HOW: whether a change was made where the objects are owned; HOW prints what to do. kubectl would only write
# what the owner writes back.
at_owner() (
  status=0
  said=$("$2" 2>&1) || status=$?
  case $status in
    0) say "$1: the change is made" ;;
    1)
      say "A change to make at $1:"
      "$3"
      exit 1
      ;;
    *) unknown "whether the change at $1 is made cannot be found out: ${said#meshplan: }" ;;
  esac
)

# target FLAG: prints the kubeconfig and context that this script runs with, for a command that a person runs: as `helm`, and FLAG.
target() (
  quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
  context=${MESHPLAN_CONTEXT:-$(kubectl config current-context 2>/dev/null)} || context=
  program=$1
  printf '%s' "${KUBECONFIG:+KUBECONFIG=$(quoted "$KUBECONFIG") }$program${context:+ $2 $(quoted "$context")}"
)
