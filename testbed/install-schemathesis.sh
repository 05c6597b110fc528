#!/bin/sh
# Installs the Schemathesis that `make fuzz` runs, with everything below it in exact versions, into a Python environment of its own. Safe to repeat.
# Where: FUZZ_VENV, or breakwater/schemathesis in the cache folder. Needs python3 (3.10 or later) with venv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${FUZZ_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/breakwater/schemathesis}
if ! "$venv/bin/st" --version 2>/dev/null | grep -qF "$(sed -n 's/^schemathesis==//p' "$here/schemathesis-requirements.txt")"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/schemathesis-requirements.txt"
fi
"$venv/bin/st" --version
