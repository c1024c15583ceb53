#!/bin/sh
# {{ step.name|raw }}: {{ step.title|comment }}
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh
{% if istioctl %}
{% set variable = "ISTIOCTL_" ~ istioctl.revision|replace("-", "_") %}
program=$(istioctl_of {{ istioctl.version }} {{ variable }} "{% raw %}${{% endraw %}{{ variable|raw }}:-}")
{% endif %}

{% for gate in step.requires %}
{% include "scripts/gate.sh" %}

{% endfor %}
{% set all = step.actions %}
{% for action in all %}
{% include "scripts/action.sh" %}
{% endfor %}

say {{ step.name ~ ": applied. Next: sh " ~ step.name ~ "/verify.sh" }}
