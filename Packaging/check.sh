#!/usr/bin/env bash
# Installs into a temporary folder, moves that, and uses every command there as a cluster's node would: no environment, a new HOME, the
# checkout and the toolchain out of sight (a mount namespace of its own, so as root). Ends with what is left after an uninstall: nothing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo "make test-install: hides folders in a mount namespace, which needs root" >&2; exit 2; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/hpo-install-XXXXXX")
trap 'rm -rf "$folder"' EXIT
make --no-print-directory -C "$root" install PREFIX="$folder/first place"
mkdir "$folder/home"
mv "$folder/first place" "$folder/second place"
toolchain=$(cd "$(dirname "$(readlink -f "$(command -v swift)")")/../.." && pwd)

unshare --mount --propagation private bash -euo pipefail -c '
  prefix=$1 home=$2; shift 2
  for hidden; do mount -t tmpfs none "$hidden"; done
  cd "$home"
  bare() { env -i HOME="$home" PATH=/usr/bin:/bin "$@"; }
  hpo() { env -i HOME="$home" "$prefix/bin/hpo" "$@" >"$home/said" 2>&1 || { echo "failed: hpo $*" >&2; cat "$home/said" >&2; exit 1; }; echo "ok  hpo $*"; }

  LD_LIBRARY_PATH= ldd "$prefix/bin/hpo" >"$home/linked"
  if grep -E "not found|swift" "$home/linked"; then exit 1; fi
  for own in mujoco openblas hdf5; do grep -q "lib$own.* => $prefix/bin/../lib/hpo/" "$home/linked" || { echo "lib$own is not the prefix'\''s" >&2; exit 1; }; done
  hpo --version
  hpo --help
  hpo env list
  for task in HalfCheetah Ant-v5 Pusher Pendulum; do hpo env show $task; done
  small="--steps 60 --evaluation-episodes 1 --set hidden_size=8 --set batch_size=8 --set update_after=30 --set warmup_steps=30"
  hpo train Hopper --algorithm sac $small --set snapshot_interval=30 --set record_state=true
  run=runs/Hopper-v2/sac/seed-0
  hpo evaluate $run --episodes 1 --record episodes.h5 --json
  hpo rollout --environment Hopper --input episodes.h5 --output replayed.h5
  hpo actions $run --output actions.h5
  hpo train Hopper --algorithm sac --name offline --from-replay $run/replay.h5 $small
  hpo train Hopper --init-from $run --name tuned $small
  hpo sweep --environments Hopper --algorithms sac-hpo --seeds 0,1 --out swept --steps 40 --set hidden_size=8 --evaluation-episodes 1
  hpo runs swept --json
  hpo settings Ant --algorithm safe-sac-hpo
  hpo bench environments --steps 20 --repetitions 1
  if [ -f "$prefix/lib/hpo/libhpobullet.so" ]; then hpo env show FlagrunHarder; hpo train HumanoidPyBullet $small --algorithm sac; fi
  if [ -n "$(ldconfig -p | grep libEGL.so)" ]; then hpo video $run --output film.png --size 64x64 --every 20; fi
  bare bash -c "source \"$prefix/share/bash-completion/completions/hpo\"; complete -p hpo" >/dev/null; echo "ok  completions for bash"
' bash "$folder/second place" "$folder/home" "$root" "$toolchain"

for part in . bin/hpo lib/hpo share/hpo; do du -sh "$folder/second place/$part" | sed "s,$folder/second place,PREFIX,"; done
"$root/Packaging/uninstall.sh" "$folder/second place" >/dev/null
[ ! -e "$folder/second place" ] || [ -z "$(find "$folder/second place" -mindepth 1)" ] || { echo "uninstall left files" >&2; find "$folder/second place" >&2; exit 1; }
echo "ok  uninstall"
