#!/usr/bin/env bash
# install.sh PROGRAM PREFIX — puts hpo, the libraries that it needs, its models and completions below PREFIX, to be moved as one likes.
# DESTDIR goes before PREFIX, as packagers expect.
#
# What comes along: MuJoCo with its plugins, Bullet where it has been built, and OpenBLAS and HDF5 with all that they need, because a
# cluster's nodes often lack the packages that the machine has on which the program was built, and because results are to the last bit
# those of one OpenBLAS. What stays the system's: glibc, libstdc++ and libgcc, which every Linux has and which graphics drivers share.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$1
prefix=${2:?install.sh: name a prefix}
case $prefix in "~"/*) prefix=$HOME/${prefix#*/} ;; esac  # not every shell expands it behind PREFIX=
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
target=${DESTDIR:-}$prefix

fail() { echo "install: $*" >&2; exit 1; }
[ -x "$program" ] || fail "there is no program '$program'"
[ -d "$root/Assets/mujoco" ] && [ -d "$root/Vendor/mujoco/lib" ] || fail "models and MuJoCo are missing; run make setup"
mkdir -p "$target" 2>/dev/null && [ -w "$target" ] || fail "cannot write to '$target'; choose another PREFIX"

# Everything first into a folder beside, then each file by a rename: a program that runs meanwhile keeps the files that it has open.
staging=$(mktemp -d "$target/.hpo-XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 755 "$staging"
libraries=$staging/lib/hpo
mkdir -p "$staging/bin" "$libraries/plugin" "$staging/share/hpo/models" "$staging/share/doc/hpo"

install -m 755 "$program" "$staging/bin/hpo"
strip --strip-debug "$staging/bin/hpo" 2>/dev/null || true
install -m 644 "$root"/Vendor/mujoco/lib/libmujoco.so.* "$libraries/"
install -m 644 "$root"/Vendor/mujoco/lib/plugin/*.so "$libraries/plugin/"
bullet=$root/Vendor/bullet/lib/libhpobullet.so
if [ -f "$bullet" ]; then install -m 644 "$bullet" "$libraries/"; fi

# The closure of what the program is linked with, by the names that it is asked for by.
LD_LIBRARY_PATH=$root/Vendor/mujoco/lib ldd "$program" | while read -r name arrow path _; do
  case $name in
    libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libresolv.so.*|libutil.so.*|ld-linux*|*/ld-linux*|linux-vdso*) ;;
    libstdc++.so.*|libgcc_s.so.*|libmujoco.so.*) ;;
    *)
      [ "$arrow" = "=>" ] && [ -f "$path" ] || fail "'$program' needs $name, which is not to be found"
      install -m 644 "$(readlink -f "$path")" "$libraries/$name" ;;
  esac
done

cp -r "$root/Assets/mujoco" "$staging/share/hpo/models/mujoco"
if [ -d "$root/Assets/bullet" ]; then cp -r "$root/Assets/bullet" "$staging/share/hpo/models/bullet"; fi
cp "$root/LICENSE" "$staging/share/doc/hpo/"
cp -r "$root/Vendor/mujoco/licenses" "$staging/share/doc/hpo/mujoco"
if [ -d "$root/Vendor/bullet/licenses" ]; then cp -r "$root/Vendor/bullet/licenses" "$staging/share/doc/hpo/bullet"; fi
find "$staging" -name .fetched -delete

mkdir -p "$staging/share/bash-completion/completions" "$staging/share/zsh/site-functions" "$staging/share/fish/vendor_completions.d"
"$staging/bin/hpo" --generate-completion-script bash > "$staging/share/bash-completion/completions/hpo"
"$staging/bin/hpo" --generate-completion-script zsh > "$staging/share/zsh/site-functions/_hpo"
"$staging/bin/hpo" --generate-completion-script fish > "$staging/share/fish/vendor_completions.d/hpo.fish"

# What uninstall removes.
: > "$staging/share/hpo/files"
listed=$(cd "$staging" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort)
printf '%s\n' "$listed" > "$staging/share/hpo/files"
# Of an installation before this one, what is no longer part of it.
if [ -f "$target/share/hpo/files" ]; then
  LC_ALL=C comm -23 "$target/share/hpo/files" "$staging/share/hpo/files" | while read -r file; do rm -f "$target/$file"; done
fi
while read -r file; do
  mkdir -p "$target/$(dirname "$file")"
  mv -f "$staging/$file" "$target/$file"
done < <(grep -v '^share/hpo/files$' "$staging/share/hpo/files"; echo share/hpo/files)

size=$(cd "$target" && tr '\n' '\0' < share/hpo/files | du -ch --files0-from=- | tail -n 1 | cut -f1)
echo "installed $prefix/bin/hpo ($size with libraries and models); the prefix may be moved, make uninstall PREFIX=… removes it"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "not on PATH yet: export PATH=\"$prefix/bin:\$PATH\"" ;; esac
