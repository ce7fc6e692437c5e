"""Prints the table and draws the figure of this experiment; needs h5py, numpy and matplotlib.

    python summarize.py                 from the curves kept here
    python summarize.py RUNS_FOLDER     copies the curves of a new set of runs here first
"""
import pathlib
import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here.parent))
import curves as copies

curves = here / "curves"
environments, algorithms, seeds = ["HalfCheetah-v2", "Hopper-v2"], ["sac", "sac-hpo"], [0, 1, 2]


def keep(runs):
    """Copies each curve.h5 here."""
    for environment in environments:
        for algorithm in algorithms:
            for seed in seeds:
                source = pathlib.Path(runs) / environment / algorithm / f"seed-{seed}" / "curve.h5"
                copies.keep(source, curves / environment / algorithm / f"seed-{seed}.h5")


def returns(environment, algorithm):
    rows = []
    for seed in seeds:
        with h5py.File(curves / environment / algorithm / f"seed-{seed}.h5") as file:
            steps = file["evaluation/step"][:]
            rows.append(file["evaluation/return_mean"][:])
    return steps, np.array(rows)


if len(sys.argv) > 1:
    keep(sys.argv[1])
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
print("| task | algorithm | step | seed 0 | seed 1 | seed 2 | mean ± std |")
print("|---|---|---|---|---|---|---|")
for axis, environment in zip(axes, environments):
    for algorithm in algorithms:
        steps, rows = returns(environment, algorithm)
        mean, deviation = rows.mean(0), rows.std(0)
        axis.plot(steps, mean, label=algorithm)
        axis.fill_between(steps, mean - deviation, mean + deviation, alpha=0.2)
        for step in (20_000, 30_000, 40_000):
            column = list(steps).index(step)
            cells = " | ".join(f"{value:.0f}" for value in rows[:, column])
            print(f"| {environment} | {algorithm} | {step} | {cells} | {mean[column]:.0f} ± {deviation[column]:.0f} |")
    axis.set_title(environment)
    axis.set_xlabel("environment steps")
    axis.set_ylabel("mean return, 10 episodes")
    axis.legend()
figure.tight_layout()
figure.savefig(here / "curves.png", dpi=100)
