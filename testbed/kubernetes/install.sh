#!/bin/sh
# Installs the programs that the tests' Kubernetes cluster runs on. Debian and Ubuntu, as root. Safe to repeat.
# Only what is missing is installed, so that a machine with Docker's own containerd keeps it; no service is started.
set -eu

# program:package. The plugins are no programs on PATH: they are looked for where Debian puts them.
missing=""
for pair in etcd:etcd-server containerd:containerd ctr:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins \
  iptables:iptables conntrack:conntrack busybox:busybox-static ip:iproute2 openssl:openssl curl:curl pgrep:procps \
  nsenter:util-linux setsid:util-linux flock:util-linux; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
if [ -z "$missing" ]; then
  echo "kubernetes testbed: everything is installed" >&2
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "kubernetes testbed: no apt-get here: install what these packages of Debian hold:$missing" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "kubernetes testbed: not root: run 'sudo sh testbed/kubernetes/install.sh' (it installs$missing)" >&2
  exit 1
fi

# Debian asks this program whether a package may start its service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
echo "kubernetes testbed: installing$missing" >&2
apt-get update -q
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
if command -v systemctl >/dev/null 2>&1; then # not at the next boot either
  case "$missing" in *etcd-server*) systemctl disable etcd || true ;; esac
  case "$missing" in *containerd*) systemctl disable containerd || true ;; esac
fi
