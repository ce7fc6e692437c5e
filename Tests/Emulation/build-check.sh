#!/usr/bin/env bash
# Compiles kernels_check, without shared libraries, with the flags that swift build gives C: build-check.sh TARGET OUTPUT, where
# TARGET is x86_64 or aarch64.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../Sources/CKernels
target=$1 output=$2

clang=$("$here/clang.sh")
options=() link=("$clang" "--target=$target-unknown-linux-gnu")
if [ "$target" = aarch64 ] && [ "$(uname -m)" != aarch64 ]; then
  # Debian's cross compiler brings headers, libraries and the linker.
  options=(-isystem /usr/aarch64-linux-gnu/include)
  link=(aarch64-linux-gnu-gcc)
fi
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in "$kernels"/*.c "$here/kernels_check.c"; do
  "$clang" --target="$target-unknown-linux-gnu" -O2 -fno-omit-frame-pointer -Wall -Wextra -Werror "${options[@]}" \
    -I"$kernels/include" -c "$source" -o "$objects/$(basename "$source").o"
done
"${link[@]}" -static "$objects"/*.o -lm -o "$output"
