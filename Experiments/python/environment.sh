#!/usr/bin/env bash
# Prints the Python of the figures' virtual environment, which it makes first where it is missing: once for each set of pinned
# versions, in the cache. The package is installed in it and kept as this checkout has it.
#
# Exit code 3: there is no Python that serves; what is said then says what would be right.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

python=
for candidate in python3 python3.13 python3.12 python3.11; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "figures: they need Python 3.11 or later (Debian: apt-get install python3 python3-venv); everything else runs without" >&2
  exit 3
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  "$here/../../Vendor/system-packages.sh" python3-venv >&2 || exit 3
fi

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
pinned=$(sha256sum "$here/requirements.txt" | cut -c1-16)
environment="${XDG_CACHE_HOME:-$HOME/.cache}/hamiltonian-policy/python-$version-$pinned"
mkdir -p "$environment"
exec 9>"$environment.lock"
flock 9

if [ ! -e "$environment/ready" ]; then
  echo "figures: setting up Python packages in $environment, once (about 900 MB, some minutes)" >&2
  # What an interrupted set-up left is done over.
  "$python" -m venv --clear "$environment" >&2
  "$environment/bin/pip" --quiet --disable-pip-version-check install --requirement "$here/requirements.txt" >"$environment/pip.log" 2>&1 || {
    echo "figures: pip could not install what $here/requirements.txt names: $(grep -m 1 ERROR "$environment/pip.log" ||
      tail -n 1 "$environment/pip.log")" >&2
    exit 1
  }
  touch "$environment/ready"
fi

sources=$(cd "$here" && find pyproject.toml src -name '*.py' -o -name pyproject.toml | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)
if [ "$(cat "$environment/package" 2>/dev/null || true)" != "$sources" ]; then
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  # Built from a copy: setuptools leaves files beside the sources.
  cp -r "$here/pyproject.toml" "$here/src" "$copy"
  "$environment/bin/pip" --quiet --disable-pip-version-check install --no-deps --no-build-isolation --force-reinstall "$copy" >&2
  echo "$sources" > "$environment/package"
fi
echo "$environment/bin/python"
