#!/bin/sh
# {{ step.name|raw }}: whether it has done its work
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

{% if probes %}
probes() {
{% for gate in step.gates if gate.gate == "probe" %}
  {%+ include "scripts/probe.sh" %}{% if not loop.last %} &&{% endif %}

{% endfor %}
}

{% endif %}
{% for gate in step.gates %}
{% set actions = step.actions %}
{% include "scripts/gate.sh" %}

{% endfor %}

say {{ step.name ~ ": verified" }}
