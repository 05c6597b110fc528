#!/bin/bash
# apiserver.sh FOLDER stop|start|restart: ends the API server of a cluster by SIGKILL, as a crash would, or starts it and waits until it is ready.
set -euo pipefail
umask 077
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# = 2 ] || { echo "usage: apiserver.sh FOLDER stop|start|restart" >&2 && exit 2; }
DIR=$(realpath -m "$1")
BIN=$DIR/bin
for part in common control-plane; do
  # shellcheck disable=SC1090
  source "$HERE/parts/$part.sh"
done
carry_mark "$@"
slot=$(find "$claims" -maxdepth 1 -lname "$DIR" -printf '%f\n' 2>/dev/null) || true
[ -n "$slot" ] || die "no cluster is up in $DIR"
use_slot "$slot"

# A killed process is gone a moment before its sockets are. 7: the connection was refused.
refuses() {
  local code=0
  curl -sk -m 1 -o /dev/null "https://$(node_address 1):6443" || code=$?
  ! runs apiserver && [ "$code" = 7 ]
}

stop_apiserver() {
  if runs apiserver; then kill -9 "$(pid_of apiserver)"; fi
  for _ in {1..100}; do
    ! refuses || return 0
    sleep 0.05
  done
  die "the API server survives SIGKILL"
}

case $2 in
  stop) stop_apiserver ;;
  start)
    runs apiserver || start_apiserver
    await_apiserver
    ;;
  restart)
    stop_apiserver
    start_apiserver
    await_apiserver
    ;;
  *) die "apiserver.sh: $2: write stop, start or restart" ;;
esac
say "API server: $2 done"
