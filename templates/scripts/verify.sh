#!/bin/sh
# {{ step.name|raw }}: whether it has done its work
# Made by meshplan. Fails where something is not so; changes nothing.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

{% include "scripts/prelude.sh" %}
{% for gate in step.gates %}
{% set number = loop.index %}
{% set actions = step.actions %}
{% include "scripts/gate.sh" %}
{% endfor %}

echo {{ step.name ~ ": verified" }}
