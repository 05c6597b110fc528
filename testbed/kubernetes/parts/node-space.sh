#!/bin/bash
# node-space.sh FOLDER COMMAND…: makes a node's private view of the machine, then becomes COMMAND. Runs in namespaces of its own (unshare --net
# --mount): what the kubelet and containerd write to paths that cannot be configured is written here and is gone with the node's last process.
set -euo pipefail
folder=$1
shift
for path in /run /var/lib /var/log; do
  mount -t tmpfs -o mode=755 breakwater "$path"
done

# The kubelet sets these for the whole machine. Here it reads and writes a copy.
for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  [ -e "/proc/sys/$name" ] || continue
  copy=$folder/sysctl/$name
  mkdir -p "${copy%/*}"
  cat "/proc/sys/$name" >"$copy"
  mount --bind "$copy" "/proc/sys/$name"
done
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward # of this network namespace alone
touch "$folder/made"
exec "$@"
