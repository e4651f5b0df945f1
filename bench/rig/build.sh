#!/usr/bin/env bash
# Builds the rig's three small programs into bench/out.
set -euo pipefail
cd "$(dirname "$0")"
out=../out
mkdir -p "$out"
if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
  echo "rig: no C compiler in PATH; the whole-agent benchmark needs one" >&2
  exit 2
fi
for name in loadgen sink relay; do
  "${CC:-cc}" -O2 -Wall -Wextra -Wno-unused-function -o "$out/$name" "$name.c"
done
