#!/bin/sh
# 302-nodes-spot: back to the state before it
# Made by meshplan. It stops at the first failure; mend that, and run it again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here"/../lib.sh

come='node.example/group=spot,kubernetes.io/os!=windows,meshplan.dev/pool!=canary'
go='node.example/group=spot,kubernetes.io/os!=windows,meshplan.dev/pool=canary'

with_labels() {
  list '{.metadata.name}' nodes -l "$1"
}

# New nodes are there, and each has what a node of the mesh needs.
joined() (
  new=$(with_labels "$come") || exit
  [ -n "$new" ] || fail "no node has joined"
  for node in $new; do
    pod_ready "$node" istio-system k8s-app=istio-cni-node || exit
    pod_ready "$node" istio-system 'app=ztunnel,meshplan.dev/revision!=1-29-6' || exit
  done
)

wait_for_new() {
  new=$(with_labels "$come")
  if [ -z "$new" ] && [ "${MESHPLAN_ON_DEMAND:-}" = yes ]; then
    say 'not waited for: new nodes, which come when pods wait for them'
  else
    within 900 "new nodes with $come have joined, with istio-cni and ztunnel (MESHPLAN_ON_DEMAND=yes where they come only when pods wait for them)" joined
    new=$(with_labels "$come")
  fi
}

# All are gone, or another one has joined.
gone_or_joined() (
  left=$(with_labels "$go") || exit
  for node in $left; do
    printf '%s\n' "$old" | grep -qxF -- "$node" || exit 0
  done
  [ -z "$left" ] || fail "still there:" "$left"
)

# What a run left that was stopped.
remove_probe_pods
old=$(with_labels "$go")
if [ -n "$old" ]; then
  wait_for_new
  for node in $new; do
    accept "$node" 'kubernetes.io/os!=windows,meshplan.dev/pool=canary' 'kubernetes.io/os!=windows'
  done
fi
rounds=0
while [ -n "$old" ]; do
  rounds=$((rounds + 1))
  [ "$rounds" -le 5 ] || fail "nodes with $go keep joining; what makes them has to stop (a Karpenter NodePool: limits of zero), and then run this again"
  # All of them before the first is drained, so that no pod comes to another one that goes.
  for node in $old; do
    cordon "$node"
  done
  batch=$((($(printf '%s\n' "$old" | grep -c .) * 50 + 99) / 100))
  drained=0
  for node in $old; do
    drain "$node" 300
    drained=$((drained + 1))
    if [ $((drained % batch)) -eq 0 ]; then
      wait_for_new
    fi
  done
  wait_for_new
  within 1800 'the drained nodes are gone (where no autoscaler takes them, delete them where your node groups are configured)' gone_or_joined
  old=$(with_labels "$go")
done
moved 'node.example/group=spot,kubernetes.io/os!=windows' meshplan.dev/pool '!=' canary

say '302-nodes-spot: rolled back'
