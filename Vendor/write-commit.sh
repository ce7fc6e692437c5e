#!/bin/sh
# Tells the program what it is built from: run files name the commit. Written only when it changed, so that nothing is rebuilt otherwise.
set -eu
cd "$(dirname "$0")/.."
file=Sources/CBuildInfo/commit.inc
commit=$(git rev-parse HEAD 2>/dev/null) || { rm -f "$file"; exit 0; }
clean=1
[ -z "$(git status --porcelain 2>/dev/null)" ] || clean=0
compiler=$(swift --version 2>/dev/null | sed -n 's/.*\(Swift version [^ ]*\).*/\1/p' | head -n 1)
text=$(printf '#define HPO_COMMIT "%s"\n#define HPO_IS_CLEAN %s\n#define HPO_COMPILER "%s"\n' "$commit" "$clean" "${compiler:-unknown}")
if [ ! -f "$file" ] || [ "$(cat "$file")" != "$text" ]; then
  printf '%s\n' "$text" > "$file"
  touch Sources/CBuildInfo/build.c  # a file that was not there is in no list of dependencies
fi
