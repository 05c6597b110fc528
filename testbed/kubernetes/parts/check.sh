# Ends the script that sources it, saying why, when no cluster can be had on this machine as it is.
# shellcheck shell=bash
refuse() { echo "cluster: $*" >&2 && exit 1; }

[ "$(uname)" = Linux ] || refuse "this is $(uname); containers and their network need Linux"
[ "$(id -u)" = 0 ] || refuse "not root: namespaces, cgroups and mounts need root"
[[ "$NODES" =~ ^[1-4]$ ]] || refuse "NODES=$NODES: write 1 to 4"
[[ "$NODE_GRACE_SECONDS" =~ ^[1-9][0-9]{0,3}$ ]] || refuse "NODE_GRACE_SECONDS=$NODE_GRACE_SECONDS: write 1 to 9999"
for program in etcd containerd ctr runc /usr/lib/cni/bridge iptables conntrack busybox ip openssl curl pgrep pkill flock; do
  command -v "$program" >/dev/null || refuse "there is no $program: run testbed/kubernetes/install.sh"
done
