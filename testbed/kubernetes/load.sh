#!/bin/bash
# load.sh FOLDER TAR: puts an image (see image.sh) on every node of the cluster in FOLDER.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# = 2 ] || { echo "usage: load.sh FOLDER TAR" >&2 && exit 2; }
DIR=$(realpath -m "$1")
for part in common node; do
  # shellcheck disable=SC1090
  source "$HERE/parts/$part.sh"
done
[ -e "$DIR/breakwater-cluster" ] || die "no cluster in $DIR"
for node in $(seq "$(cat "$DIR/breakwater-cluster")"); do import_image "$2" "$node"; done
