#!/bin/sh
# Plays the whole crash matrix: every component, killed -9 after every event of the four-wave run. The report is in artifacts/matrix: points.jsonl
# grows with every point, so that a run that was interrupted goes on; matrix.json and instants.json hold the summary. `make clean` forgets it.
# An argument such as 2/4 plays the second of four parts; BREAKWATER_MATRIX=states leaves the pauses between the transactions out. BREAKWATER_MATRIX_COMPONENTS, _VARIANTS and _AT_ONCE choose further (test/crash/harness/settings.ts).
set -eu
cd "$(dirname "$0")/.."
export BREAKWATER_MATRIX="${BREAKWATER_MATRIX:-full}" BREAKWATER_MATRIX_SHARD="${1:-1/1}" BREAKWATER_MATRIX_REPORT="${BREAKWATER_MATRIX_REPORT:-artifacts/matrix}"
echo "matrix: starting Temporal and PostgreSQL, then part $BREAKWATER_MATRIX_SHARD of the matrix; the report goes to $BREAKWATER_MATRIX_REPORT" >&2
exec npx --no-install jest test/crash/matrix test/crash/instants --runInBand
