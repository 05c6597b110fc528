#!/bin/sh
# Compiles into dist/ when a source is newer than the workflow bundle, which is written last.
set -eu
cd "$(dirname "$0")/.."

stamp=dist/workflow-bundle.js
if [ -f "$stamp" ] && [ -z "$(find src package.json package-lock.json tsconfig.json tsconfig.build.json -newer "$stamp" -print -quit)" ]; then
  exit 0
fi
echo "build: compiling and bundling the workflows" >&2
rm -rf dist
npm run --silent build >&2
