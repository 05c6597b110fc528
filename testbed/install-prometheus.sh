#!/bin/sh
# Installs the Prometheus that test/probes/prometheus-server.test.ts starts by itself. Debian and Ubuntu, as root. Safe to repeat.
# Only the program is wanted: the package's own service is kept from starting where there is a policy-rc.d or no systemd.
set -eu
if command -v prometheus >/dev/null 2>&1; then
  prometheus --version 2>&1 | head -n 1
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "no apt-get here: install Prometheus so that 'prometheus' is on PATH" >&2
  exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends prometheus
if command -v systemctl >/dev/null 2>&1; then
  systemctl disable --now prometheus >/dev/null 2>&1 || true
fi
prometheus --version 2>&1 | head -n 1
