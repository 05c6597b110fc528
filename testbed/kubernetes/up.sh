#!/bin/bash
# up.sh FOLDER: brings up a real Kubernetes on this machine and prints the path of the administrator's kubeconfig. Needs root and install.sh.
# FOLDER is made and holds everything; where its cluster is up already, only the path is printed, and where one is being made, that is awaited.
# `down.sh FOLDER` removes it and all else, also what a killed up.sh left.
# up.sh --check: says what is missing on this machine, and does nothing else.
#   NODES=1              how many nodes, up to 4
#   NODE_GRACE_SECONDS=40  how long a node may be silent until it counts as failed
# Several clusters can be up at once: each has its own addresses, namespaces and cgroups. No port, firewall rule, mount or sysctl of the machine changes.
set -euo pipefail
umask 077 # keys are in there
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NODES=${NODES:-1} NODE_GRACE_SECONDS=${NODE_GRACE_SECONDS:-40}
[ $# = 1 ] || { echo "usage: up.sh FOLDER | --check" >&2 && exit 2; }
# shellcheck source=parts/check.sh
source "$HERE/parts/check.sh"
[ "$1" != --check ] || exit 0

DIR=$(realpath -m -- "$1")
for part in common network keys control-plane node; do
  # shellcheck disable=SC1090
  source "$HERE/parts/$part.sh"
done
carry_mark "$@"
case "$DIR/" in /run/* | /var/run/* | /var/lib/* | /var/log/*) die "$DIR: not below /run, /var/lib or /var/log, which the nodes have for themselves" ;; esac
BIN=$(sh "$HERE/../../tools/kubernetes/build.sh") || die "Kubernetes could not be built, see above"
is_cluster_folder || die "$DIR exists and was not made by up.sh: name another folder"
mkdir -p "$DIR"
(set -o noclobber && echo "$NODES" >"$DIR/breakwater-cluster") 2>/dev/null || true # by it the folder is known for one of ours
exec 9<"$DIR/breakwater-cluster"
flock 9
if [ -e "$DIR/ready" ]; then echo "$DIR/kubeconfig" && exit; fi
[ ! -e "$DIR/pids" ] || die "$DIR holds a cluster that did not come up: look into $DIR/log, then take it down (down.sh $DIR)"
mkdir "$DIR"/{pids,keys,log,images}
ln -s "$BIN" "$DIR/bin"
claim_slot
say "making $NODES node(s) in $RANGE"
nodes=$(seq "$NODES")
for node in $nodes; do make_node "$node"; done
connect_machine
for node in $nodes; do [ "$node" = 1 ] || connect_node "$node"; done
connect_pods
make_keys

say "starting the control plane"
start_etcd
start_apiserver
for node in $nodes; do start_containerd "$node"; done
"$HERE/image.sh" "$DIR/images/pause.tar" localhost/pause:1 '["/pause"]' "$BIN/pause:/pause"
"$HERE/image.sh" "$DIR/images/busybox.tar" localhost/busybox:1 '["/bin/sh"]' shell
for node in $nodes; do
  until_true 30 "containerd of node $node" "containerd$node" containerd_client "$node" version
  for image in "$DIR"/images/*.tar; do import_image "$image" "$node"; done
done
await_apiserver
start_controllers
start_scheduler

say "starting the nodes"
for node in $nodes; do
  start_kubelet "$node"
  start_proxy "$node"
done
kubectl() { "$BIN/kubectl" --kubeconfig="$DIR/kubeconfig" "$@" >/dev/null; }
for node in $nodes; do
  kubectl wait --for=create "node/node$node" --timeout=60s || die "node $node did not register: $DIR/log/kubelet$node.log"
  kubectl wait --for=condition=Ready "node/node$node" --timeout=60s || die "node $node is not ready: $DIR/log/kubelet$node.log"
done
kubectl wait --for=create serviceaccount/default --timeout=60s || die "no pod can be made yet: $DIR/log/controllers.log"
touch "$DIR/ready"
say "ready after $SECONDS s"
echo "$DIR/kubeconfig"
