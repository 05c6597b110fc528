# The control plane: etcd, API server, controllers and scheduler, all in the first node's network.
# shellcheck shell=bash

start_etcd() {
  start etcd 1 etcd --logger=zap --log-level=warn --name=testbed --data-dir="$DIR/etcd" --unsafe-no-fsync \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380 --initial-advertise-peer-urls=http://127.0.0.1:2380 \
    --initial-cluster=testbed=http://127.0.0.1:2380
}

# Nodes are reached by their address, with a certificate: `exec` and `logs` go through the API server to the kubelet.
start_apiserver() {
  local keys=$DIR/keys address
  address=$(node_address 1)
  start apiserver 1 "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 \
    --bind-address="$address" --advertise-address="$address" --service-cluster-ip-range="$SERVICES" \
    --tls-cert-file="$keys/apiserver.crt" --tls-private-key-file="$keys/apiserver.key" --client-ca-file="$keys/ca.crt" \
    --kubelet-client-certificate="$keys/apiserver-kubelet.crt" --kubelet-client-key="$keys/apiserver-kubelet.key" \
    --kubelet-certificate-authority="$keys/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --anonymous-auth=false --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --service-account-key-file="$keys/service-accounts.pub" --service-account-signing-key-file="$keys/service-accounts.key" \
    --service-account-issuer=https://kubernetes.default.svc
}

await_apiserver() { until_true 120 "API server ready" apiserver is_ready; }

# With the default rate of requests a Deployment takes five seconds longer.
start_controllers() {
  local config=$DIR/keys/controllers.kubeconfig
  start controllers 1 "$BIN/kube-controller-manager" --bind-address=127.0.0.1 --leader-elect=false --cert-dir="$DIR/keys/controllers" \
    --kubeconfig="$config" --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
    --service-account-private-key-file="$DIR/keys/service-accounts.key" --root-ca-file="$DIR/keys/ca.crt" --use-service-account-credentials \
    --kube-api-qps=300 --kube-api-burst=600 --node-monitor-grace-period="${NODE_GRACE_SECONDS}s"
}

start_scheduler() {
  local config=$DIR/keys/scheduler.kubeconfig
  start scheduler 1 "$BIN/kube-scheduler" --bind-address=127.0.0.1 --leader-elect=false --cert-dir="$DIR/keys/scheduler" \
    --kubeconfig="$config" --authentication-kubeconfig="$config" --authorization-kubeconfig="$config"
}
