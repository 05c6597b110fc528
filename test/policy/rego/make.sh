#!/bin/sh
# Compiles decision/ to decision.tar.gz, and records what OPA itself says of each input. Wants Go, or OPA= with the path of the program.
set -eu
cd "$(dirname "$0")"
if [ -z "${OPA:-}" ]; then
  GOBIN="$PWD/bin" go install github.com/open-policy-agent/opa@v1.22.0
  OPA="$PWD/bin/opa"
fi
"$OPA" build -t wasm -e breakwater/decision -o decision.tar.gz decision
for input in inputs/*.json; do
  "$OPA" eval -d decision -i "$input" -f json data.breakwater.decision > "answers/$(basename "$input")"
done
rm -rf bin
