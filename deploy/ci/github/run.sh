#!/usr/bin/env bash
# What the action runs. Its inputs come as variables; no text of theirs is evaluated but the patterns of EXPERIMENTS.
set -euo pipefail
shopt -s nullglob
IFS= # patterns are expanded, words are not split
arguments=()
while IFS= read -r pattern; do
  [ -n "$pattern" ] || continue
  # shellcheck disable=SC2206
  files=($pattern)
  [ "${#files[@]}" -gt 0 ] || { echo "::error::No file fits $pattern" && exit 2; }
  arguments+=("${files[@]}")
done <<<"$EXPERIMENTS"
[ "${#arguments[@]}" -gt 0 ] || { echo "::error::The input experiments names no file" && exit 2; }
while IFS= read -r label; do
  [ -z "$label" ] || arguments+=(--label "$label")
done <<<"${LABELS:-}"
[ "${CONFIGURED:-false}" != true ] || arguments+=(--configured)
IFS=" " read -ra command <<<"$COMMAND"
exec "${command[@]}" ci "${arguments[@]}" --time-scale "${TIME_SCALE:-1}" --timeout "${TIMEOUT:-30m}" --artifacts "${ARTIFACTS:-artifacts/breakwater}"
