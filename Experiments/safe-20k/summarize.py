"""Prints this experiment's table; needs h5py and numpy.

    python summarize.py                 from the curves kept here
    python summarize.py RUNS_FOLDER     copies the curves of a new set of runs here first
"""
import pathlib
import sys

import h5py
import numpy as np

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here.parent))
import curves as copies

curves = here / "curves"
environments, algorithms = ["Ant-v2", "HalfCheetah-v2"], ["sac", "sac-lagrangian", "safe-sac-hpo"]


def keep(runs):
    """Copies each finished curve.h5 here."""
    for source in sorted(pathlib.Path(runs).glob("*/*/seed-*/curve.h5")):
        environment, algorithm, seed = source.parts[-4:-1]
        with h5py.File(source, "r", libver="latest", swmr=True) as old:
            steps = old["evaluation/step"][:]
        if len(steps) == 0 or steps[-1] < 20_000:
            print(f"{environment} {algorithm} {seed} is not finished: left out", file=sys.stderr)
            continue
        copies.keep(source, curves / environment / algorithm / f"{seed}.h5")


if len(sys.argv) > 1:
    keep(sys.argv[1])
print("| task | algorithm | seed | return | episode length | discounted cost | in training, last ten episodes | λ |")
print("|---|---|---|---|---|---|---|---|")
for environment in environments:
    for algorithm in algorithms:
        for path in sorted((curves / environment / algorithm).glob("seed-*.h5")):
            with h5py.File(path) as file:
                last = {key: file["evaluation"][key][-1] for key in ("return_mean", "length_mean", "discounted_cost_mean")}
                episodes = file["episode"]
                # What the multiplier follows: Ant's average torque as if it went on for ever, HalfCheetah's discounted sum.
                costs = episodes["cost"][-10:] / episodes["length"][-10:] / 0.01 if "Ant" in environment else episodes["discounted_cost"][-10:]
                scalar = f"{file['update/lambda'][-1]:.1f}" if "lambda" in file["update"] else ""
                finite = all(np.isfinite(values[:]).all() for name, values in file["update"].items() if name not in ("leapfrog_steps", "discarded_share"))
            if not finite:
                print(f"{path} has numbers that are not finite", file=sys.stderr)
            print(
                f"| {environment} | {algorithm} | {path.stem.split('-')[1]} | {last['return_mean']:.0f} | {last['length_mean']:.0f} "
                f"| {last['discounted_cost_mean']:.1f} | {costs.mean():.1f} | {scalar} |")
