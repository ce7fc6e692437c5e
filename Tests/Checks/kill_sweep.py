#!/usr/bin/env python3
"""Kills a whole sweep, its runs with it, with SIGKILL at random moments spread over all of its work, starts it again each time, and
compares every run with one that `hpo train` took by itself, bit for bit. Needs a built hpo and h5py; see README.md beside this file."""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import h5py

from kill_and_resume import contents

PLAN = """name: killed
environments: [Hopper, HalfCheetah]
algorithms: [sac, sac-hpo]
variants:
  gentle: {{learning_rate: 1.0e-4}}
  eager: {{learning_rate: 1.0e-3}}
seeds: 0-1
steps: {steps}
settings: {{hidden_size: 16, leapfrog_hidden_size: 8, batch_size: 16, update_after: 100, warmup_steps: 100, evaluation_episodes: 1,
  evaluation_interval: 1000, checkpoint_interval: 200, logging_interval: 200}}
"""
RUNS = 16


def folders(out):
    return sorted(path.parent for path in out.rglob("config.yaml"))


def steps_saved(out):
    """Steps of all runs that no kill can take back any more."""
    total = 0
    for folder in folders(out):
        try:
            with h5py.File(folder / "checkpoint.h5") as file:
                total += int(file["progress"].attrs["step"])
        except OSError:
            pass
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hpo", required=True, help="the built program")
    parser.add_argument("--steps", type=int, default=4_000, help="of each of the 16 runs")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--work", type=pathlib.Path, help="folder to work in; emptied (default: in the temporary folder)")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    work = arguments.work or pathlib.Path(tempfile.gettempdir()) / "kill-sweep"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    plan = work / "plan.yaml"
    plan.write_text(PLAN.format(steps=arguments.steps))
    parts, whole = work / "parts", work / "whole"
    command = [arguments.hpo, "sweep", str(plan), "--out", str(parts), "--jobs", "2"]

    # One moment in each tenth of the work, at a random place of it and a random instant after that.
    total = RUNS * arguments.steps
    done_at = []
    for kill in range(arguments.kills):
        moment = total * (kill + random.random()) / arguments.kills
        sweep = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        while sweep.poll() is None and steps_saved(parts) < moment:
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.2))
        if sweep.poll() is not None:
            sys.exit(f"the sweep ended before kill {kill + 1}: {sweep.stderr.read()}")
        os.killpg(sweep.pid, signal.SIGKILL)
        sweep.wait()
        done_at.append(steps_saved(parts) / total)
        print(f"kill {kill + 1} at {done_at[-1]:.0%} of the steps", flush=True)
    last = subprocess.run(command, capture_output=True, text=True)
    if last.returncode != 0:
        sys.exit(last.stderr)
    print(last.stdout.strip().split("\n")[-1])

    # The same runs one by one, by the settings that they recorded, without any sweep.
    different = datasets = compared = 0
    for folder in folders(parts):
        out = whole / folder.relative_to(parts).parts[0]
        single = subprocess.run(
            [arguments.hpo, "train", folder.relative_to(parts).parts[1], "--config", str(folder / "config.yaml"), "--out", str(out),
             "--threads", "1"], capture_output=True, text=True)
        if single.returncode != 0:
            sys.exit(single.stderr)
        expected, found = contents(whole / folder.relative_to(parts)), contents(folder)
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                print(f"differs: {folder.relative_to(parts)}/{name}")
                different += 1
        datasets += sum("@" not in name for name in expected)
        compared += 1
    print(f"{compared} runs, {datasets} datasets: {different} differ")
    sys.exit(1 if different or compared != RUNS else 0)


if __name__ == "__main__":
    main()
