"""Copies of learning curves to keep, for the experiments' summarize.py."""
import h5py


def keep(source, target):
    """Copies a curve.h5, which a run may still be writing, without the name of the machine."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(source, "r", libver="latest", swmr=True) as old, h5py.File(target, "w") as new:
        for name in ("evaluation", "episode", "update"):
            group = new.create_group(name)
            for key, values in old[name].items():
                group.create_dataset(key, data=values[:], compression="gzip")
        for key, value in old.attrs.items():
            if key != "host":
                new.attrs[key] = value
