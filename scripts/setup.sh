#!/bin/sh
# Installs the dependencies when the lock file changed. Says what it does on stderr.
set -eu
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null 2>&1; then
  echo "Breakwater needs Node.js 20.19 or newer, and there is no \`node\` on the PATH. Install it and try again." >&2
  exit 7
fi
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Breakwater needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(7);
  }'

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: installing the dependencies (npm ci), about a minute the first time" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
