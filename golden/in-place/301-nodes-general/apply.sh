#!/bin/sh
# 301-nodes-general: node group general to the canary
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

# Nodes of the group that have not moved, or whose move was not finished.
left() (
  found=$(list '{.metadata.name},{.metadata.labels.meshplan\.dev/pool},{.metadata.annotations.meshplan\.dev/moving}' nodes -l 'node.example/group=general,kubernetes.io/os!=windows') || exit
  printf '%s\n' "$found" | awk -F , -v value=canary "NF == 3 && (\$2 != value || \$3 != \"\") { print \$1 }"
)

move() {
  note_cordon "$1"
  cordon "$1"
  # What a run left that was stopped.
  remove_probe_pods
  drain "$1" 300
  replace_pod "$1" istio-system k8s-app=istio-cni-node
  label meshplan.dev/pool canary node "$1"
  within 300 "istio-cni is ready on $1" pod_ready "$1" istio-system k8s-app=istio-cni-node
  within 300 "ztunnel is ready on $1" pod_ready "$1" istio-system app=ztunnel,meshplan.dev/revision=1-31-0
  accept "$1" 'kubernetes.io/os!=windows,meshplan.dev/pool!=canary' 'kubernetes.io/os!=windows'
  uncordon "$1"
  say "$1 has moved"
}

nodes=$(list '{.metadata.name}' nodes -l 'node.example/group=general,kubernetes.io/os!=windows')
[ -n "$nodes" ] || say 'no node carries node.example/group=general; there is nothing to move'
batch=2
waiting=$(left)
while [ -n "$waiting" ]; do
  # Names of nodes have no blanks.
  for node in $(printf '%s\n' "$waiting" | sed "${batch}q"); do
    move "$node"
  done
  waiting=$(left)
  [ -z "$waiting" ] || soak_between_batches 600
done

say '301-nodes-general: applied. Next: sh 301-nodes-general/verify.sh'
