#!/bin/sh
# Installs git and ssh-keygen, with which test/gitops makes real repositories with real signatures. Debian, as root. Safe to repeat.
set -eu
if command -v git >/dev/null 2>&1 && command -v ssh-keygen >/dev/null 2>&1; then
  git --version
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "no git or no ssh-keygen here: install them (apt-get install -y git openssh-client, as root)" >&2
  exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends git openssh-client
git --version
