"""The reading that README.md fixes, from the runs' training episodes.

    PYTHONPATH=Experiments/python/src python Experiments/safe-ant/reading.py Experiments/safe-ant/curves
"""

import statistics
import sys

import hpo

episodes = hpo.load(sys.argv[1], "episode", warn=False)


def of(rows, first, last):
    """Mean episode length and average cost of a step over the episodes that end in these steps."""
    rows = rows[(rows["step"] > first) & (rows["step"] <= last)]
    return rows["length"].mean(), rows["cost"].sum() / rows["length"].sum(), rows["return"].mean()


print("| algorithm | seed | steps | length, 80k to 100k | torque, 40k to 60k | torque, 80k to 100k | return, 80k to 100k |")
print("|---|---|---|---|---|---|---|")
medians = {}
for algorithm, runs in episodes.groupby("algorithm", sort=False):
    found = []
    for seed, rows in runs.groupby("seed"):
        (_, before, _), (length, torque, total) = of(rows, 40_000, 60_000), of(rows, 80_000, 100_000)
        found.append((length, before, torque, total))
        print(f"| `{algorithm}` | {seed} | {rows['step'].max():,} | {length:.0f} | {before:.3f} | {torque:.3f} | {total:.0f} |")
    medians[algorithm] = [statistics.median(column) for column in zip(*found)]
print("\nMedians over seeds:\n")
for algorithm, (length, before, torque, total) in medians.items():
    share = length / medians["sac"][0] if "sac" in medians else float("nan")
    print(f"- `{algorithm}`: length {length:.0f} ({share:.2f} of sac's), torque {before:.3f}, then {torque:.3f}, return {total:.0f}")
