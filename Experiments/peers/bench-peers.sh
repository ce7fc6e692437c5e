#!/usr/bin/env bash
# Sets the peers up in a virtual environment in the cache, outside the repository, and compares. About 3 GB are downloaded, once: the
# PyTorch of PyPI brings its GPU libraries.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hamiltonian-policy"
venv="$cache/peers-$(sha256sum "$here/requirements.txt" | cut -c1-12)"
if [ ! -e "$venv/ready" ]; then
  echo "setting up Stable-Baselines3 and SBX in $venv (about 3 GB)" >&2
  mkdir -p "$cache"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  touch "$venv/ready"
fi
exec "$venv/bin/python" "$here/compare.py" "$@"
