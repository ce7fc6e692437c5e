#!/usr/bin/env bash
# Trains SAC, SAC-Lagrangian and safe SAC-HPO under the paper's costs on Ant and HalfCheetah, two seeds of 20,000 steps each, two runs
# at a time with one thread each. Safe to stop and start again: every run goes on where it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=${1:-runs/safe-20k}
hpo="${2:-$(swift build -c release --show-bin-path)/hpo}"
for seed in 0 1; do
  for algorithm in safe-sac-hpo sac-lagrangian sac; do
    for environment in HalfCheetah Ant; do echo "$environment $algorithm $seed"; done
  done
done | xargs -P 2 -L 1 sh -c \
  "'$hpo' train \"\$0\" --algorithm \"\$1\" --seed \"\$2\" --steps 20000 --threads 1 --evaluation-interval 5000 --set cost=paper \
   --set warmup_steps=1000 --set update_after=1000 --out '$out' >/dev/null"
