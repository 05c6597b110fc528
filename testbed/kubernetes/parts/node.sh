# A node: containerd, kubelet and kube-proxy in the node's network and with the node's mounts.
# shellcheck shell=bash

start_containerd() {
  local node=$1 home=$DIR/node$1 snapshotter=overlayfs
  [ "$(stat -f -c %T "$DIR")" != overlayfs ] || snapshotter=native # an overlay cannot lie on an overlay
  mkdir -p "$home/cni"
  cat >"$home/containerd.toml" <<TOML
version = 2
root = "$home/containerd"
state = "$home/containerd-state"
[grpc]
  address = "$home/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$home/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true # where CAP_SYS_RESOURCE is missing, no pod starts without
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$home/cni"
TOML
  # Pods have a route to the nodes, the other pods and the services, and no other.
  cat >"$home/cni/10-bridge.conflist" <<JSON
{ "cniVersion": "0.4.0", "name": "pods", "plugins": [{
  "type": "bridge", "bridge": "pods", "isGateway": true, "ipMasq": false, "hairpinMode": true,
  "ipam": { "type": "host-local", "dataDir": "$home/cni-addresses", "ranges": [[{ "subnet": "$(pod_range "$node")" }]],
    "routes": [{ "dst": "$RANGE" }] } }] }
JSON
  start "containerd$node" "$node" containerd --config "$home/containerd.toml"
}

containerd_client() {
  local node=$1
  shift
  ctr --address "$DIR/node$node/containerd.sock" --namespace k8s.io "$@"
}

# import_image TAR NODE
import_image() { containerd_client "$2" images import --no-unpack "$1" >>"$DIR/log/images.log"; }

# Each kubelet has a root of its own below every controller (cgroup v1) or below the one hierarchy (v2).
make_cgroup() {
  local root file
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$root/cgroup.procs" ] || continue
    mkdir -p "$root/$CGROUP-node$1"
    for file in cpuset.cpus cpuset.mems; do # empty in a new folder of v1, and then no process can be put there
      [ -e "/sys/fs/cgroup/cgroup.controllers" ] || [ ! -e "$root/$file" ] || cat "$root/$file" >"$root/$CGROUP-node$1/$file"
    done
  done
}

# Restarts of a container come after a second at most, instead of 10 s, 20 s, … 5 minutes.
start_kubelet() {
  local node=$1 home=$DIR/node$1 keys=$DIR/keys
  make_cgroup "$node"
  cat >"$home/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $(node_address "$node")
healthzBindAddress: 127.0.0.1
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: "$keys/ca.crt" } }
authorization: { mode: Webhook }
tlsCertFile: $keys/kubelet$node-server.crt
tlsPrivateKeyFile: $keys/kubelet$node-server.key
containerRuntimeEndpoint: unix://$home/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP-node$node
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
resolvConf: ""
podLogsDir: $home/pod-logs
volumePluginDir: $home/volume-plugins
featureGates: { KubeletCrashLoopBackOffMax: true }
crashLoopBackOff: { maxContainerRestartPeriod: 1s }
nodeLeaseDurationSeconds: $NODE_GRACE_SECONDS
evictionHard: { memory.available: 50Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1% }
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
YAML
  start "kubelet$node" "$node" "$BIN/kubelet" --config="$home/kubelet.yaml" --kubeconfig="$keys/kubelet$node.kubeconfig" \
    --hostname-override="node$node" --node-ip="$(node_address "$node")" --root-dir="$home/kubelet" --cert-dir="$home/certificates" --v=2
}

start_proxy() {
  local node=$1 home=$DIR/node$1
  cat >"$home/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: { kubeconfig: "$DIR/keys/proxy.kubeconfig" }
clusterCIDR: $PODS # what comes from elsewhere gets the node's address, or the answer would take another way back
hostnameOverride: node$node
bindAddress: $(node_address "$node")
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }
YAML
  start "proxy$node" "$node" "$BIN/kube-proxy" --config="$home/proxy.yaml"
}
