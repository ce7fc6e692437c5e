#!/usr/bin/env bash
# The kernels of 64-bit ARM under qemu's user emulation, or at home.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/build-check.sh" aarch64 "$work/check"
emulator=()
[ "$(uname -m)" = aarch64 ] || emulator=(qemu-aarch64-static)
"${emulator[@]}" "$work/check" --has fused
