#!/usr/bin/env bash
# Fetches what Vendor/ and Assets/ need: pinned packages, verified, cached, unpacked. Safe to run again at any time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

unzip_package() { python3 -m zipfile -e "$1" "$2"; }

mujoco() {
  local target="$root/Vendor/mujoco"
  cached "mujoco-$machine" --only-binary=:all: --python-version 3.11 --implementation cp --platform "manylinux_2_28_$machine"
  if ! unpacked "$target" "$hash with plugins"; then
    local staging; staging=$(mktemp -d "$root/Vendor/.staging-XXXXXX")
    unzip_package "$package" "$staging/wheel"
    mkdir -p "$staging/out/lib" "$staging/out/include"
    mv "$staging/wheel/mujoco/include/mujoco" "$staging/out/include/mujoco"
    mv "$staging"/wheel/mujoco/libmujoco.so.* "$staging/out/lib/"
    # MuJoCo's own plugins, which are looked for beside the library.
    mv "$staging/wheel/mujoco/plugin" "$staging/out/lib/plugin"
    mv "$staging"/wheel/mujoco-*.dist-info/ "$staging/out/licenses"
    ln -s "$(basename "$staging"/out/lib/libmujoco.so.*)" "$staging/out/lib/libmujoco.so"
    install_folder "$staging/out" "$target" "$hash with plugins"
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

mujoco
models
