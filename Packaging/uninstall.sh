#!/usr/bin/env bash
# uninstall.sh PREFIX — removes what install.sh put there, and the folders that this leaves empty. Runs are never among it.
set -euo pipefail
prefix=${1:?uninstall.sh: name a prefix}
case $prefix in "~"/*) prefix=$HOME/${prefix#*/} ;; esac  # not every shell expands it behind PREFIX=
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
target=${DESTDIR:-}$prefix
list=$target/share/hpo/files
[ -f "$list" ] || { echo "uninstall: nothing of hpo's is installed in '$target' (it has no share/hpo/files)" >&2; exit 2; }
mapfile -t files < "$list"
for file in "${files[@]}"; do
  # The list itself last, so that a removal cut short can be taken up.
  [ "$file" = share/hpo/files ] || rm -f "$target/$file"
done
rm -f "$list"
for file in "${files[@]}"; do dirname "$file"; done | sort -u | while read -r folder; do
  (cd "$target" && rmdir -p --ignore-fail-on-non-empty "$folder" 2>/dev/null) || true
done
echo "removed hpo from $prefix"
