#!/bin/sh
# Starts or stops a Kubernetes control plane on loopback with simulated kubelets: control-plane.sh up|down
# BINARIES FOLDER
#
# BINARIES is the output of binaries.sh, or any folder with kube-apiserver, kube-controller-manager,
# kube-scheduler, etcd, kubectl, kwok and KWOK's stages.yaml.
# FOLDER/kubeconfig connects to the cluster. The cluster has no node. Its ConfigMap marks it as a cluster for
# rehearsals.
set -eu
[ $# -eq 3 ] || { echo "usage: $0 up|down BINARIES FOLDER" >&2; exit 2; }
binaries=$(cd "$2" && pwd)
mkdir -p "$3"
folder=$(cd "$3" && pwd)

down() {
  [ -f "$folder/pids" ] || return 0
  # Use SIGKILL: the data is temporary, and a server that shuts down gracefully holds its port for a minute.
  while read -r pid; do
    kill -9 "$pid" 2>/dev/null || true
  done <"$folder/pids"
  rm -rf "$folder/data" "$folder/pids"
}

if [ "$1" = down ]; then
  down
  exit 0
fi
down
mkdir -p "$folder/data"
cd "$folder"
: >pids

# Three free ports. Control planes that start at the same time get different ports.
port=${MESHPLAN_WITNESS_PORT:-$((20000 + $$ * 3 % 12000))}
etcd="http://127.0.0.1:$((port + 1))"
peer="http://127.0.0.1:$((port + 2))"

start() {
  log=$1
  shift
  setsid "$@" >"data/$log.log" 2>&1 </dev/null &
  echo $! >>pids
}

openssl genrsa -out data/sa.key 2048 2>/dev/null
openssl rsa -in data/sa.key -pubout -out data/sa.pub 2>/dev/null
echo 'rehearsal,admin,admin,system:masters' >data/tokens.csv

start etcd "$binaries/etcd" --data-dir data/etcd --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
  --unsafe-no-fsync=true
# Debian's etcd does not report the progress of a watch, so watch lists are disabled.
start apiserver "$binaries/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 \
  --advertise-address=127.0.0.1 --secure-port="$port" --cert-dir=data/certificates \
  --service-account-key-file=data/sa.pub --service-account-signing-key-file=data/sa.key \
  --service-account-issuer=https://kubernetes.default.svc \
  --token-auth-file=data/tokens.csv --authorization-mode=RBAC --allow-privileged=true \
  --service-cluster-ip-range=10.96.0.0/16 --feature-gates=WatchList=false

cat >kubeconfig <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: rehearsal, cluster: {server: "https://127.0.0.1:$port", insecure-skip-tls-verify: true}}]
users: [{name: rehearsal, user: {token: rehearsal}}]
contexts: [{name: rehearsal, context: {cluster: rehearsal, user: rehearsal}}]
current-context: rehearsal
CONFIG
KUBECONFIG=$folder/kubeconfig
export KUBECONFIG

tries=0
until "$binaries/kubectl" get --raw /readyz >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 600 ]; then
    echo 'the API server did not become ready:' >&2
    tail -n 5 data/apiserver.log >&2
    down
    exit 1
  fi
  sleep 0.1
done
start controllers "$binaries/kube-controller-manager" --secure-port=0 --kubeconfig=kubeconfig \
  --service-account-private-key-file=data/sa.key \
  --use-service-account-credentials=false --leader-elect=false
start scheduler "$binaries/kube-scheduler" --secure-port=0 --kubeconfig=kubeconfig --leader-elect=false
start kwok env KUBE_FEATURE_WatchListClient=false "$binaries/kwok" --kubeconfig=kubeconfig --manage-all-nodes=true \
  --config="$binaries/stages.yaml" --node-lease-duration-seconds=40
until "$binaries/kubectl" -n default get serviceaccount default >/dev/null 2>&1; do
  sleep 0.1
done
"$binaries/kubectl" create configmap meshplan-rehearsal -n kube-system >/dev/null
