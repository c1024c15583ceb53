#!/bin/sh
# 110-istio-cni: istio-cni 1.20.7
# Made by meshplan. Stops at the first thing that fails; run it again when that is mended.
set -eu
# Paths of the caller's own, as in KUBECONFIG, stay what they are: nothing changes the folder.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ -e "$here"/../.meshplan-pending ]; then
  echo 'meshplan: a compile stopped half-way in this tree; run it again first' >&2
  exit 2
fi

fail() {
  echo "meshplan: $*" >&2
  exit 1
}

kubectl() {
  command "${KUBECTL:-kubectl}" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"} "$@"
}

# istioctl installs its own version, so only this one will do.
istioctl=${ISTIOCTL_1_20_7:-}
if [ -z "$istioctl" ]; then
  if command -v istioctl-1.20.7 >/dev/null 2>&1; then
    istioctl="istioctl-1.20.7"
  else
    istioctl=istioctl
  fi
fi
command -v "$istioctl" >/dev/null 2>&1 || fail "there is no $istioctl; put istioctl 1.20.7 on the path, or its path into ISTIOCTL_1_20_7"
found=$("$istioctl" version --remote=false --short)
found=${found##* }
[ "$found" = 1.20.7 ] || fail "$istioctl is version $found; this step needs 1.20.7, in ISTIOCTL_1_20_7 or as istioctl-1.20.7"

istioctl() {
  command "$istioctl" "$@" ${MESHPLAN_CONTEXT:+"--context=$MESHPLAN_CONTEXT"}
}

# The plan installs a mesh of its own. One that is there would lose its istio-cni, its tag, or both.
injectors=$(kubectl get mutatingwebhookconfigurations -l app=sidecar-injector -o 'jsonpath={range .items[*]}{.metadata.labels.istio\.io/rev}{"\n"}{end}')
for revision in $injectors; do
  case $revision in
    1-20-7 | 1-20-8) ;;
    *) fail "the cluster has an Istio already, revision $revision; a plan that starts from one has origin = 'existing'" ;;
  esac
done
cni=$(kubectl get daemonsets -A -l k8s-app=istio-cni-node -o 'jsonpath={range .items[*]}{.spec.template.spec.containers[0].image}{"\n"}{end}')
for image in $cni; do
  case $image in
    *:1.20.7 | *:1.20.7-* | *:1.20.8 | *:1.20.8-*) ;;
    *) fail "the cluster has an istio-cni already, $image; the plan's would take its place" ;;
  esac
done

istioctl install -f "$here"/istioctl/istio-cni.yaml --skip-confirmation

echo '110-istio-cni: applied. Next: sh 110-istio-cni/verify.sh'
