#!/bin/sh
# Installs the Chromium in which test/report/browser looks at the reports. Debian, as root. Safe to repeat.
# Ubuntu's package only fetches a snap, which runs in no container: there, bring a Chromium and name it in BREAKWATER_TEST_CHROMIUM.
set -eu
if command -v chromium >/dev/null 2>&1; then
  chromium --version
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "no apt-get here: install Chromium so that 'chromium' is on PATH, or name it in BREAKWATER_TEST_CHROMIUM" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "not root: run 'sudo sh testbed/install-chromium.sh', or name a Chromium in BREAKWATER_TEST_CHROMIUM" >&2
  exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-liberation
chromium --version
