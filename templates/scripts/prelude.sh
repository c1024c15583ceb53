if [ -e "$here"/../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

fail() {
  echo "meshplan: $*" >&2
  exit 1
}

kubectl() {
  command "${KUBECTL:-kubectl}" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} "$@"
}
{% if simulates %}

simulated() {
  [ "${MESHPLAN_SIMULATED:-}" = 1 ] || return 1
  echo "skipped, as nothing runs in a simulated cluster: $1"
}
{% endif %}
{% if waits %}

# within SECONDS WHAT COMMAND: tries the command every other second until it succeeds.
within() {
  limit=${MESHPLAN_WAIT:-$1}
  what=$2
  shift 2
  waited=0
  until "$@"; do
    [ "$waited" -lt "$limit" ] || fail "not so within $limit seconds: $what"
    sleep 2
    waited=$((waited + 2))
  done
  echo "$what"
}
{% endif %}
{% if istioctl %}
{% set variable = "ISTIOCTL_" ~ istioctl.revision|replace("-", "_") %}

# istioctl installs its own version, so only this one will do.
istioctl={{ ("${" ~ variable ~ ":-}")|raw }}
if [ -z "$istioctl" ]; then
  if command -v {{ "istioctl-" ~ istioctl.version }} >/dev/null 2>&1; then
    istioctl="istioctl-{{ istioctl.version|raw }}"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl {{ istioctl.version|raw }} on the path, or its path into {{ variable|raw }}"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = {{ istioctl.version }} ] || fail "$istioctl is version $found; this step needs {{ istioctl.version|raw }}, in {{ variable|raw }} or as istioctl-{{ istioctl.version|raw }}"

istioctl() {
  command "$istioctl" "$@"{% if istioctl.namespace != "istio-system" %} --istioNamespace {{ istioctl.namespace }}{% endif %} ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}
{% endif %}
