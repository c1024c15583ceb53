#!/bin/sh
# {{ step.name|raw }}: back to the state before it
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

{% include "scripts/prelude.sh" %}
{% for gate in step.rollback.requires %}
{% set number = "before_" ~ loop.index %}
{% include "scripts/gate.sh" %}
{% endfor %}
{% set all = step.rollback.actions %}
{% for action in all %}
{% include "scripts/action.sh" %}
{% endfor %}
{% for gate in step.rollback.gates %}
{% set number = loop.index %}
{% set actions = step.rollback.actions %}
{% include "scripts/gate.sh" %}
{% endfor %}

{% for thing in step.stays %}
echo {{ "stays: " ~ thing }}
{% endfor %}
echo {{ step.name ~ ": rolled back" }}
