# Names, addresses and small helpers of one cluster. Sourced by the scripts beside this folder, which set DIR (absolute).
# shellcheck shell=bash disable=SC2034

# Every process of the cluster carries this in its environment, so a process is found and told from others by it, whatever its pid.
marker="BREAKWATER_CLUSTER=$DIR"
claims=/run/breakwater-kubernetes # one link per cluster of this machine: its number → its folder

say() { echo "cluster: $*" >&2; }
die() { say "$*" && exit 1; }

# Each cluster has a /20 of 198.18.0.0/15, which RFC 2544 keeps for tests: no real network has these addresses.
use_slot() {
  SLOT=$1 HOST_LINK=bwk$1 CGROUP=breakwater-k$1
  RANGE=$(subnet 0).0/20 PODS=$(subnet 4).0/22 SERVICES=$(subnet 8).0/21 HOST=$(subnet 0).1
}
subnet() { echo "198.$((18 + SLOT / 16)).$((SLOT % 16 * 16 + $1))"; } # 0 nodes, 4–7 the pods of a node, 8–15 services
node_address() { echo "$(subnet 0).$(($1 + 1))"; }
pod_range() { echo "$(subnet $((3 + $1))).0/24"; }

# Whether the folder may be made, used and removed.
is_cluster_folder() { [ ! -e "$DIR" ] || [ -e "$DIR/breakwater-cluster" ] || [ -z "$(ls -A "$DIR")" ]; }

# carry_mark ARGUMENT…: starts the script again with the mark, so that it and all it starts carry it from their first moment.
carry_mark() { [ "${BREAKWATER_CLUSTER:-}" = "$DIR" ] || exec env "$marker" bash "$0" "$@"; }

# A zombie has no environment, nor has a process in the moment in which it becomes another program.
is_ours() { grep -qszxF "$marker" "/proc/$1/environ"; }
pid_of() { cat "$DIR/pids/$1" 2>/dev/null; }
runs() {
  local pid
  pid=$(pid_of "$1") && is_ours "$pid"
}

# start NAME NODE COMMAND…: a process of the node, in its network and with its mounts.
start() {
  local name=$1 node=$2
  shift 2
  detached "$name" nsenter --target "$(pid_of "node$node")" --net --mount -- "$@"
}

# What is made for containers must be readable in them for any user; the folder above is closed to others. Descriptor 9 is up.sh's lock.
detached() {
  local name=$1
  shift
  (umask 022 && exec setsid "$@" >>"$DIR/log/$name.log" 2>&1 </dev/null 9<&-) &
  echo $! >"$DIR/pids/$name"
}

# until_true SECONDS WHAT PROCESS COMMAND…: asks until the command succeeds, and gives up at once when the process ends.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2 process=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    kill -0 "$(pid_of "$process")" 2>/dev/null || die "$process ended: $(tail -n 3 "$DIR/log/$process.log")"
    ((SECONDS < deadline)) || die "$what: not within the time; see $DIR/log/$process.log"
    sleep 0.1
  done
}

is_ready() {
  curl -sf -m 5 -o /dev/null --cacert "$DIR/keys/ca.crt" --cert "$DIR/keys/admin.crt" --key "$DIR/keys/admin.key" \
    "https://$(node_address 1):6443/readyz"
}
