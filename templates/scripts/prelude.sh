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
{% if answers %}

# answers NAME VALUE: whether the headers of an answer on standard input have this one.
answers() {
  header=$1 value=$2 awk '
    { sub(/\r$/, "") }
    $0 == "" { exit }
    tolower(substr($0, 1, index($0, ":") - 1)) == ENVIRON["header"] {
      own = substr($0, index($0, ":") + 1)
      gsub(/^[ \t]+|[ \t]+$/, "", own)
      if (own == ENVIRON["value"]) found = 1
    }
    END { exit !found }'
}

# What stands behind the headers.
without_headers() {
  awk 'body { print } { sub(/\r$/, "") } $0 == "" { body = 1 }'
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
