#!/usr/bin/env bash
# The package as others use it: Experiments/own-environment by path as it stands, and by version from a tag, where there is neither
# MuJoCo nor a variable of ours. Each is built, trains, acts and is evaluated. Builds stay in .build-package, so that a second run is quick.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
builds=$root/.build-package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bare=(env -i "PATH=$PATH" "HOME=$HOME")

expect() {  # a text, within what was printed
  case $2 in *"$1"*) ;; *) echo "'$1' is missing in: $2" >&2; exit 1 ;; esac
}

try() {  # the program, in a folder of its own
  local program=$1
  mkdir "$work/$2" && cd "$work/$2"
  "${bare[@]}" "$program" train Spring --steps 300 --set hidden_size=16 --set batch_size=16 --set update_after=100 \
    --set warmup_steps=100 --evaluation-episodes 2 --checkpoint-interval 100
  expect '"Spring-v0"' "$("${bare[@]}" "$program" evaluate runs/Spring-v0/sac-hpo/seed-0 --episodes 2 --json)"
  "${bare[@]}" "$program" video runs/Spring-v0/sac-hpo/seed-0 --size 120x80 --output film.png
  expect PNG "$(head -c 4 film.png | tail -c 3)"
  expect Spring-v0 "$("${bare[@]}" "$program" env list)"
  expect "did you mean 'Spring'?" "$("${bare[@]}" "$program" train Sprin 2>&1 || true)"
  if ldd "$program" | grep -i mujoco; then echo "it is linked with MuJoCo" >&2; exit 1; fi
}

echo "by path"
package=$root/Experiments/own-environment
"${bare[@]}" swift build -c release --package-path "$package" --scratch-path "$builds/path"
try "$("${bare[@]}" swift build -c release --package-path "$package" --scratch-path "$builds/path" --show-bin-path)/spring" path

echo "by version"
# A clone has no Vendor/mujoco, no Vendor/pkgconfig and no Assets.
library=$builds/HamiltonianPolicy
rm -rf "$library"
git clone -q "$root" "$library"
git -C "$library" -c user.name=test -c user.email=test@localhost tag -f -a -m test 0.1.0 "$(git -C "$root" rev-parse HEAD)"
rm -rf "$builds/consumer"
cp -r "$package" "$builds/consumer"
rm -rf "$builds/consumer/.build"
sed -i "s#.package(name: \"HamiltonianPolicy\", path: \"../..\")#.package(url: \"file://$library\", exact: \"0.1.0\")#" "$builds/consumer/Package.swift"
grep -q 'exact: "0.1.0"' "$builds/consumer/Package.swift"
"${bare[@]}" swift build -c release --package-path "$builds/consumer" --scratch-path "$builds/version"
try "$("${bare[@]}" swift build -c release --package-path "$builds/consumer" --scratch-path "$builds/version" --show-bin-path)/spring" version
echo "both work"
