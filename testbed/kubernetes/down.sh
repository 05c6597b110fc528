#!/bin/bash
# down.sh FOLDER: ends the cluster that up.sh made there, finished or not, and removes all that is of it. Safe to repeat.
# Only processes that carry the cluster's mark, or are in its cgroups, are ended: never one by its number alone. With them go its namespaces,
# and with those its mounts, pods and networks.
set -euo pipefail
[ $# = 1 ] || { echo "usage: down.sh FOLDER" >&2 && exit 2; }
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DIR=$(realpath -m "$1")
# shellcheck source=parts/common.sh
source "$HERE/parts/common.sh"
[ -z "${BREAKWATER_CLUSTER:-}" ] || exec env -u BREAKWATER_CLUSTER bash "$0" "$@" # or this script would end itself

owned_slots() { find "$claims" -maxdepth 1 -lname "$DIR" -printf '%f\n' 2>/dev/null || true; }
own_cgroups() { for slot in $slots; do find /sys/fs/cgroup -maxdepth 2 -type d -name "breakwater-k$slot-node*"; done; }

# Ends a round's processes at once, so that none restarts another. Prints how many there were.
end_processes() {
  local environment pid count=0
  local -a pids=()
  for environment in $(grep -lszxF "$marker" /proc/[0-9]*/environ); do pids+=("$(cut -d/ -f3 <<<"$environment")"); done
  for cgroup in $(own_cgroups); do mapfile -t -O "${#pids[@]}" pids < <(find "$cgroup" -name cgroup.procs -exec cat {} +); done
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null && count=$((count + 1)); done
  echo "$count"
}

is_cluster_folder || die "$DIR was not made by up.sh; nothing is done"
slots=$(owned_slots)
quiet=0
for round in {1..100}; do # none three times: one that just becomes another program shows no mark
  if [ "$(end_processes)" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  [ "$quiet" -lt 3 ] || break
  [ "$round" != 100 ] || die "processes of $DIR survive SIGKILL: grep -lszxF $marker /proc/[0-9]*/environ"
  sleep 0.05
done
own_links() { for slot in $slots; do ip -o link show "bwk$slot" 2>/dev/null || true; done; }
for round in {1..100}; do # a process that ended a moment ago still holds its own
  for slot in $slots; do ip link del "bwk$slot" 2>/dev/null || true; done # it may be going by itself; its routes go with it
  for cgroup in $(own_cgroups); do find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true; done
  [ -n "$(own_cgroups)$(own_links)" ] || break
  [ "$round" != 100 ] || die "cannot be removed: $(own_cgroups) $(own_links)"
  sleep 0.05
done
rm -rf --one-file-system "$DIR"
for slot in $slots; do rm -f "$claims/$slot"; done # last: until here a repeated `down` finds what is left
rmdir --ignore-fail-on-non-empty "$claims" 2>/dev/null || true
say "down: $DIR"
