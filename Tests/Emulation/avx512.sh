#!/usr/bin/env bash
# The kernels on an emulated Skylake-X: all loops, and that AVX-512 is left alone where the system does not keep its registers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
"$here/build-check.sh" x86_64 "$work/root/check"

# What this machine's own kernels give; the emulated ones are to give the same.
"$work/root/check" --brief | tee "$work/here"
"$here/emulate.sh" "$work/root" /check --brief --has avx512 --has avx2 | tee "$work/there"
diff <(grep '^digest' "$work/here") <(grep '^digest' "$work/there")
# Linux acts as if there were no AVX-512; the processor still says that there is.
"$here/emulate.sh" --ignored 304 "$work/root" /check --dispatch --lacks avx512 --has avx2
