# The cluster's place on the machine: a number that no other cluster has, and for each node a network and mounts of its own.
# shellcheck shell=bash

# Making a link is one step that fails when it exists, so two clusters never get one number, and a killed `up` leaves its claim behind for `down`.
claim_slot() {
  local slot owner
  mkdir -p "$claims"
  for slot in {0..31}; do
    use_slot "$slot"
    owner=$(readlink "$claims/$slot") || owner=""
    if [ -n "$owner" ] && [ ! -d "$owner" ]; then "$HERE/down.sh" "$owner"; fi # its folder was removed: nobody will take it down
    range_is_free || continue
    ln -sT "$DIR" "$claims/$slot" 2>/dev/null && return
  done
  die "no free range of addresses in 198.18.0.0/15: 32 clusters run, or routes of this machine lead there (ip route)"
}

range_is_free() {
  [ -z "$(ip -4 route show root "$RANGE")" ] && [ -z "$(ip -4 route show match "$RANGE" | grep -v '^default')" ]
}

# The node's namespaces live as long as a process is in them, so nothing of them outlives the processes.
make_node() {
  local node=$1
  mkdir -p "$DIR/node$node"
  detached "node$node" unshare --net --mount "$HERE/parts/node-space.sh" "$DIR/node$node" "$BIN/pause"
  until_true 10 "namespaces of node $node" "node$node" test -e "$DIR/node$node/made"
}

in_net() {
  local node=$1
  shift
  nsenter --target "$(pid_of "node$node")" --net -- "$@"
}

# The nodes hang on a bridge in the first node's network; a cable leads from there to the machine. There is no route out of it.
connect_machine() {
  ip link add "$HOST_LINK" type veth peer name machine netns "$(pid_of node1)"
  ip addr add "$HOST/24" dev "$HOST_LINK"
  ip link set "$HOST_LINK" up
  in_net 1 ip link add nodes type bridge
  in_net 1 ip addr add "$(node_address 1)/24" dev nodes
  in_net 1 ip link set nodes up
  in_net 1 ip link set machine master nodes up
  ip route add "$SERVICES" via "$(node_address 1)"
}

connect_node() {
  local node=$1
  in_net 1 ip link add "to-node$node" type veth peer name eth0 netns "$(pid_of "node$node")"
  in_net 1 ip link set "to-node$node" master nodes up
  in_net "$node" ip addr add "$(node_address "$node")/24" dev eth0
  in_net "$node" ip link set eth0 up
}

connect_pods() {
  local node other
  for node in $(seq "$NODES"); do
    ip route add "$(pod_range "$node")" via "$(node_address "$node")"
    for other in $(seq "$NODES"); do
      [ "$other" = "$node" ] || in_net "$node" ip route add "$(pod_range "$other")" via "$(node_address "$other")"
    done
  done
}
