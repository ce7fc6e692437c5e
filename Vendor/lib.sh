# What the set-up scripts share; sourced, not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hamiltonian-policy
machine=$(uname -m)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 \
  || fail "python3 with pip is needed to fetch packages; 'make setup' installs it, or: apt-get install python3-pip"

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
  say "fetching $(cut -d' ' -f1 "$pin")"
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
  mkdir -p "$(dirname "$2")"
  mv "$1" "$2"
}
