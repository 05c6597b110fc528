#!/bin/bash
# image.sh TAR NAME COMMAND ITEM…: makes an image from what is on this machine, without a registry. COMMAND is JSON: '["node", "app.js"]'.
#   shell              busybox and all its applets, sh and kill among them; and pkill and pgrep, which Debian's busybox lacks
#   program:NAME       a program of this machine, as /bin/NAME, and the libraries it loads
#   libraries:FILE     the libraries that a native module of this machine loads
#   /from:/to          a file or a folder
#   entrypoint:JSON    what COMMAND is given to, as an argument list
# Example: image.sh app.tar localhost/app:1 '["node", "/app/main.js"]' program:node "$PWD/dist:/app"
set -euo pipefail
umask 022
[ $# -ge 4 ] || { sed -n 2,8p "$0" >&2 && exit 2; }
tar=$1 name=$2 command=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev}
chmod 1777 "$root/tmp"
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'hosts: files' >"$root/etc/nsswitch.conf"

# copy_libraries FILE: those that it loads
copy_libraries() {
  local library
  for library in $(ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' | sort -u); do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
}

# copy_program FILE NAME
copy_program() {
  rm -f "$root/bin/$2" # a link to busybox
  cp -L "$1" "$root/bin/$2"
  copy_libraries "$1"
}

copy_shell() {
  local applet program
  copy_program "$(command -v busybox)" busybox
  for applet in $(busybox --list); do [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"; done
  for program in pkill pgrep; do copy_program "$(command -v "$program")" "$program"; done
}

pack() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --append --file="$work/layer.tar" "$@"; }

folders=() entrypoint=
for item in "$@"; do
  case $item in
    shell) copy_shell ;;
    program:*) copy_program "$(command -v "${item#program:}")" "${item#program:}" ;;
    libraries:*) copy_libraries "${item#libraries:}" ;;
    entrypoint:*) entrypoint=",\"Entrypoint\":${item#entrypoint:}" ;;
    /*:/*)
      if [ -d "${item%%:*}" ]; then
        folders+=("$item")
      else
        mkdir -p "$root$(dirname "${item#*:}")" && cp -L "${item%%:*}" "$root${item#*:}"
      fi
      ;;
    *) echo "image.sh: '$item': write shell, program:NAME, libraries:FILE, entrypoint:JSON or /from:/to" >&2 && exit 2 ;;
  esac
done
pack -C "$root" .
# Straight into the layer. `S` leaves the targets of symbolic links as they are.
for item in "${folders[@]}"; do pack --transform="flags=rSh;s,^\.,.${item#*:}," -C "${item%%:*}" .; done

layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
architecture=$(dpkg --print-architecture 2>/dev/null || echo amd64)
cat >"$work/config.json" <<JSON
{"architecture":"$architecture","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":$command$entrypoint},
 "rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},"history":[{"created_by":"image.sh"}]}
JSON
printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" >"$work/manifest.json"
tar -C "$work" -cf "$tar" manifest.json config.json layer.tar
