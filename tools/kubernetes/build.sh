#!/bin/sh
# Builds Kubernetes (one binary, and a link per component) and `pause` with Go, once per version of the sources, and prints the folder that holds
# them. Later calls find it in the user's cache. Says what it does on stderr. `--path` only prints the folder, built or not.
set -eu
cd "$(dirname "$0")"

version=v1.34.4
components="kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/breakwater"
fingerprint=$(sha256sum build.sh go.mod go.sum ./*.go pause/*.go | sha256sum | cut -c1-16)
folder="$cache/kubernetes-$fingerprint"

if [ "${1:-}" = --path ] || [ -x "$folder/kubectl" ]; then
  echo "$folder"
  exit 0
fi
command -v go >/dev/null 2>&1 || {
  echo "kubernetes: there is no go on PATH, and Kubernetes is built with it: install Go 1.26 or newer, https://go.dev/dl/" >&2
  exit 3
}
mkdir -p "$cache"
exec 9>"$cache/kubernetes.lock"
# A second build would compile all of it once more, at the same time: it waits, and finds the folder.
flock --nonblock 9 || {
  echo "kubernetes: another build is under way; waiting for it" >&2
  flock 9
}
if [ -x "$folder/kubectl" ]; then
  echo "$folder"
  exit 0
fi

# Asked here, so that an older Go obtains the toolchain that go.mod names, or says why it cannot.
echo "kubernetes: building $version with $(go env GOVERSION), 10 minutes of processor time, the first time only (into $folder)" >&2
unfinished=$(mktemp -d "$cache/.kubernetes-XXXXXX")
trap 'rm -rf "$unfinished"' EXIT
trap 'exit 130' INT TERM HUP
package=k8s.io/component-base/version
started=$(date +%s)
# Without cgo there is one compiler fewer to have and no library of the machine that the binary depends on: it also runs inside of any image.
CGO_ENABLED=0 go build -mod=readonly -trimpath -o "$unfinished" -ldflags \
  "-s -w -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=34 -X $package.gitTreeState=clean" . ./pause >&2 9>&-
for component in $components; do ln -s kubernetes "$unfinished/$component"; done
chmod 755 "$unfinished"
mv -T "$unfinished" "$folder"
echo "kubernetes: built in $(($(date +%s) - started)) s" >&2
echo "$folder"
