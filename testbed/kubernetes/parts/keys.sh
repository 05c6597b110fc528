# The cluster's keys and certificates, made anew for each cluster. Elliptic keys, because they take no time.
# shellcheck shell=bash

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$DIR/keys/$1.key"; }

make_authority() {
  make_key ca
  openssl req -x509 -new -key "$DIR/keys/ca.key" -subj /CN=breakwater-testbed -days 30 -out "$DIR/keys/ca.crt" \
    -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}

# certify NAME SUBJECT [ALTERNATIVE_NAMES]
certify() {
  local name=$1 subject=$2 names=${3:-} file=$DIR/keys/$1
  make_key "$name"
  openssl req -new -key "$file.key" -subj "$subject" -out "$file.csr"
  printf 'keyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n%s\n' "${names:+subjectAltName=$names}" >"$file.ext"
  openssl x509 -req -in "$file.csr" -CA "$DIR/keys/ca.crt" -CAkey "$DIR/keys/ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 30 \
    -extfile "$file.ext" -out "$file.crt" 2>>"$DIR/log/openssl.log"
}

# client NAME SUBJECT FILE: a certificate and the kubeconfig that holds it
client() {
  certify "$1" "$2"
  cat >"$3" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: breakwater-testbed
    cluster: { server: "https://$(node_address 1):6443", certificate-authority-data: "$(base64 -w0 "$DIR/keys/ca.crt")" }
users:
  - name: $1
    user: { client-certificate-data: "$(base64 -w0 "$DIR/keys/$1.crt")", client-key-data: "$(base64 -w0 "$DIR/keys/$1.key")" }
contexts:
  - name: breakwater-testbed
    context: { cluster: breakwater-testbed, user: $1 }
current-context: breakwater-testbed
YAML
}

make_keys() {
  local node keys=$DIR/keys service
  service="$(subnet 8).1" # the API server's own service has the first address of the range
  make_authority
  openssl genrsa -out "$keys/service-accounts.key" 2048 2>>"$DIR/log/openssl.log"
  openssl rsa -in "$keys/service-accounts.key" -pubout -out "$keys/service-accounts.pub" 2>>"$DIR/log/openssl.log"
  certify apiserver /CN=kube-apiserver "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:$(node_address 1),IP:$service"
  certify apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client
  client admin /O=system:masters/CN=admin "$DIR/kubeconfig"
  client controllers /CN=system:kube-controller-manager "$keys/controllers.kubeconfig"
  client scheduler /CN=system:kube-scheduler "$keys/scheduler.kubeconfig"
  client proxy /CN=system:kube-proxy "$keys/proxy.kubeconfig"
  for node in $(seq "$NODES"); do
    client "kubelet$node" "/O=system:nodes/CN=system:node:node$node" "$keys/kubelet$node.kubeconfig"
    certify "kubelet$node-server" "/CN=node$node" "DNS:node$node,IP:$(node_address "$node")"
  done
}
