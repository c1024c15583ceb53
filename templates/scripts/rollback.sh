#!/bin/sh
# {{ step.name|raw }}: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
{% if istioctl %}
{% set variable = "ISTIOCTL_" ~ istioctl.revision|replace("-", "_") %}
program=$(istioctl_of {{ istioctl.version }} {{ variable }} "{% raw %}${{% endraw %}{{ variable|raw }}:-}")
{% endif %}

{% for gate in step.rollback.requires %}
{% include "scripts/gate.sh" %}

{% endfor %}
{% set all = step.rollback.actions %}
{% for action in all %}
{% include "scripts/action.sh" %}
{% endfor %}
{% for gate in step.rollback.gates %}
{% set actions = step.rollback.actions %}
{% include "scripts/gate.sh" %}

{% endfor %}

{% for thing in step.stays %}
say {{ "stays: " ~ thing }}
{% endfor %}
say {{ step.name ~ ": rolled back" }}
