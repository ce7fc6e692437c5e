#!/usr/bin/env bash
# Prints the path of Swift's own clang: what it makes of the kernels is what is shipped.
swift=$(command -v swift) && clang=$(dirname "$(readlink -f "$swift")")/clang && [ -x "$clang" ] && echo "$clang" && exit 0
command -v clang && exit 0
echo "clang.sh: neither Swift nor clang is in PATH" >&2
exit 2
