probe {{ gate.url }} {{ gate.header or "" }} {{ gate.status|string }} {{ gate.contains or "" }}{% if gate.answers is defined %} {{ gate.answers.name }} {{ gate.answers.value }}{% endif %}
