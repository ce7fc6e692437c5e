#!/usr/bin/env bash
# Whether the compiler has put instructions into a kernel that nobody asks the processor for before it is chosen: GNU's assembler, unlike
# clang's, refuses what the architecture named to it has not. For x86-64; needs the Debian package binutils.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kernels=$here/../../Sources/CKernels
clang=$("$here/clang.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

assembles() {
  "$clang" --target=x86_64-unknown-linux-gnu -O2 -fPIC -fno-omit-frame-pointer -fno-addrsig -I"$kernels/include" -S "$kernels/$1.c" -o "$work/$1.s"
  as -march="$2" "$work/$1.s" -o "$work/$1.o" 2>"$work/$1.errors"
}

# What kernels.c asks for.
for kernel in kernels:generic64 baseline:generic64 avx2:generic64+avx2+fma avx512:generic64+avx512f+avx512vl+avx512bw+avx512dq+avx2+fma; do
  assembles "${kernel%%:*}" "${kernel#*:}" || {
    echo "instructions: ${kernel%%:*}.c has instructions beyond ${kernel#*:}:" >&2
    head -n 5 "$work/${kernel%%:*}.errors" >&2
    exit 1
  }
done
# And that it would be noticed.
if assembles avx512 generic64+avx2+fma || assembles avx2 generic64+avx; then
  echo "instructions: the assembler takes anything, so this shows nothing" >&2
  exit 1
fi
echo "instructions: each kernel keeps to those that it asks for"
