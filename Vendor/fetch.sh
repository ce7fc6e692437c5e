#!/usr/bin/env bash
# Fetches what Vendor/ and Assets/ need: pinned packages, verified, cached, unpacked. Safe to run again at any time.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hamiltonian-policy
machine=$(uname -m)

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# cached PIN [pip option…] — downloads the package pinned in Vendor/pins/PIN.txt unless the cache has it, and verifies it.
# Sets $package to its path and $hash to its SHA-256.
cached() {
  local pin="$root/Vendor/pins/$1.txt"; shift
  [ -f "$pin" ] || fail "there is no pin '$pin' for this machine ($machine)"
  hash=$(sed -n 's/.*sha256:\([0-9a-f]\{64\}\).*/\1/p' "$pin")
  local folder="$cache/$hash"
  package=$(find "$folder" -maxdepth 1 -type f 2>/dev/null | head -n 1 || true)
  if [ -n "$package" ] && printf '%s  %s\n' "$hash" "$package" | sha256sum --check --status; then return; fi
  rm -rf "$folder" "$folder.part"
  mkdir -p "$folder.part"
  printf 'setup: fetching %s\n' "$(cut -d' ' -f1 "$pin")" >&2
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes -d "$folder.part" "$@" -r "$pin" >&2 \
    || fail "could not fetch what '$pin' pins; is a Python package index in reach?"
  package=$(find "$folder.part" -maxdepth 1 -type f | head -n 1)
  printf '%s  %s\n' "$hash" "$package" | sha256sum --check --status || fail "'$package' does not have the pinned SHA-256 $hash"
  mv "$folder.part" "$folder"
  package="$folder/$(basename "$package")"
}

# unpacked FOLDER STAMP — true when FOLDER already holds what the STAMP (a hash) names.
unpacked() { [ -f "$1/.fetched" ] && [ "$(cat "$1/.fetched")" = "$2" ]; }

# install_folder STAGING FOLDER STAMP — puts a complete folder in place in one rename.
install_folder() {
  printf '%s' "$3" > "$1/.fetched"
  rm -rf "$2"
  mv "$1" "$2"
}

unzip_package() { python3 -m zipfile -e "$1" "$2"; }

mujoco() {
  local target="$root/Vendor/mujoco"
  cached "mujoco-$machine" --only-binary=:all: --python-version 3.11 --implementation cp --platform "manylinux_2_28_$machine"
  if ! unpacked "$target" "$hash"; then
    local staging; staging=$(mktemp -d "$root/Vendor/.staging-XXXXXX")
    unzip_package "$package" "$staging/wheel"
    mkdir -p "$staging/out/lib" "$staging/out/include"
    mv "$staging/wheel/mujoco/include/mujoco" "$staging/out/include/mujoco"
    mv "$staging"/wheel/mujoco/libmujoco.so.* "$staging/out/lib/"
    mv "$staging"/wheel/mujoco-*.dist-info/ "$staging/out/licenses"
    ln -s "$(basename "$staging"/out/lib/libmujoco.so.*)" "$staging/out/lib/libmujoco.so"
    install_folder "$staging/out" "$target" "$hash"
    rm -rf "$staging"
  fi
  mkdir -p "$root/Vendor/pkgconfig"
  cat > "$root/Vendor/pkgconfig/mujoco.pc" <<EOF
Name: mujoco
Description: MuJoCo physics
Version: 3.17.0
Cflags: -I$target/include
Libs: -L$target/lib -lmujoco
EOF
}

models() {
  local target="$root/Assets/mujoco"
  cached gymnasium --only-binary=:all:
  unpacked "$target" "$hash" && return
  local staging; staging=$(mktemp -d "$root/Assets/.staging-XXXXXX")
  unzip_package "$package" "$staging/wheel"
  mkdir "$staging/out"
  mv "$staging"/wheel/gymnasium/envs/mujoco/assets/*.xml "$staging/out/"
  mv "$staging"/wheel/gymnasium-*.dist-info "$staging/out/licenses"
  install_folder "$staging/out" "$target" "$hash"
  rm -rf "$staging"
}

command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 \
  || fail "python3 with pip is needed to fetch packages; 'make setup' installs it, or: apt-get install python3-pip"
mujoco
models
