#!/bin/sh
# Builds helm from its pinned Go module, once, into the cache: a minute or three the first time. Says where it is on stdout.
# `helm` on the PATH is not used: another release renders other defaults.
set -eu
version=v3.22.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/breakwater"
binary="$cache/helm-$version"
if [ ! -x "$binary" ]; then
  command -v go >/dev/null || { echo "helm: there is no go on PATH to build it with" >&2; exit 1; }
  echo "helm: building $version with $(go env GOVERSION), a few minutes the first time (into $binary)" >&2
  mkdir -p "$cache"
  draft=$(mktemp -d "$cache/helm.XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  GOBIN="$draft" GOFLAGS=-buildvcs=false go install -trimpath -ldflags='-s -w' "helm.sh/helm/v3/cmd/helm@$version"
  mv "$draft/helm" "$binary" # two builds at once must not write to one file
fi
echo "$binary"
