"""Keeps curves of finished runs beside an experiment: without the name of the machine, laid out as the runs are.

    python Experiments/curves.py runs/safe-ant Experiments/safe-ant/curves
"""

import pathlib
import sys

import h5py


def keep(source: pathlib.Path, target: pathlib.Path) -> bool:
    """Copies a curve.h5; false, and nothing, where its run has not finished."""
    with h5py.File(source, "r", libver="latest", swmr=True) as old:
        steps = next(int(line.split(":")[1]) for line in old.attrs["configuration"].splitlines() if line.startswith("steps:"))
        if len(old["evaluation/step"]) == 0 or old["evaluation/step"][-1] < steps:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(target, "w") as new:
            for name, group in old.items():
                copy = new.create_group(name)
                for key, values in group.items():
                    copy.create_dataset(key, data=values[:], compression="gzip")
                for key, value in group.attrs.items():
                    copy.attrs[key] = value
            for key, value in old.attrs.items():
                if key != "host":
                    new.attrs[key] = value
    return True


source, target = (pathlib.Path(name) for name in sys.argv[1:])
for file in sorted(source.glob("*/*/seed-*/curve.h5")):
    kept = keep(file, target / file.relative_to(source))
    print(file, "kept" if kept else "not finished, left out")
