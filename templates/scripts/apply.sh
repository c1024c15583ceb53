#!/bin/sh
# {{ step.name|raw }}: {{ step.title|raw }}
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

{% include "scripts/prelude.sh" %}
{% for gate in step.requires %}
{% set number = "before_" ~ loop.index %}
{% include "scripts/gate.sh" %}
{% endfor %}
{% set all = step.actions %}
{% for action in all %}
{% include "scripts/action.sh" %}
{% endfor %}

echo {{ step.name ~ ": applied. Next: sh " ~ step.name ~ "/verify.sh" }}
