#!/usr/bin/env bash
# Installs the Debian packages that are missing, those named as arguments included, when permitted; otherwise prints the exact
# command.
set -euo pipefail

wanted=(pkg-config libopenblas-dev libhdf5-dev libglfw3-dev "$@")
# Any python3 with pip will do; only where there is none does Debian's come in.
python3 -m pip --version >/dev/null 2>&1 || wanted+=(python3 python3-pip)

if ! command -v dpkg-query >/dev/null; then
  for library in openblas hdf5 glfw3; do
    pkg-config --exists "$library" 2>/dev/null || {
      echo "setup: this system has no apt; install pkg-config, OpenBLAS, HDF5 and GLFW with their headers by its own means" >&2
      exit 2
    }
  done
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
  run=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  run=(sudo)
else
  echo "setup: needs ${missing[*]}; run: sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
  exit 2
fi
echo "setup: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${run[@]}" apt-get update && "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup: apt-get could not install ${missing[*]}" >&2
  exit 1
fi
