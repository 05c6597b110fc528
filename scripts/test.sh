#!/bin/sh
# Runs every suite. BREAKWATER_REQUIRE_SERVERS=1 (CI) turns a suite that lacks its server from a loud line into a failure.
set -eu
cd "$(dirname "$0")/.."
echo "test: starting Temporal and PostgreSQL for the tests, then every suite" >&2
exec npx --no-install jest "$@"
