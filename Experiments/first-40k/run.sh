#!/usr/bin/env bash
# Trains SAC and SAC-HPO on HalfCheetah and Hopper, three seeds of 40,000 steps each, two runs at a time with one thread each.
# Safe to stop and start again: every run goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=${1:-runs/first-40k}
hpo="$(swift build -c release --show-bin-path)/hpo"
for seed in 0 1 2; do
  for environment in HalfCheetah Hopper; do
    for algorithm in sac-hpo sac; do echo "$environment $algorithm $seed"; done
  done
done | xargs -P 2 -L 1 sh -c \
  "'$hpo' train \"\$0\" --algorithm \"\$1\" --seed \"\$2\" --steps 40000 --threads 1 --evaluation-interval 5000 --out '$out' >/dev/null"
