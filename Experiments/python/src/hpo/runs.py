"""Finding runs below a folder and reading their curves, finished or not.

A run is a folder ``…/<environment id>/<algorithm>[+<variant>]/seed-<n>/`` with a ``curve.h5``, below a plan's folder or not; or
a curve kept of one, a file ``…/<environment id>/<algorithm>[+<variant>]/seed-<n>.h5``.
"""

from __future__ import annotations

import os
import re
import socket
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import yaml

from .errors import RunWarning, UsageError
from .files import UNREADABLE, dataset_of, group_of, open_read, plain, read_column, reason

#: What a run can be. ``running``: a process is at it. ``killed``: it ended without closing its files. ``stopped``: it closed them
#: before its last step. ``empty``: no curve yet. ``damaged``: a curve that cannot be read.
STATES = ("finished", "running", "stopped", "killed", "empty", "damaged")

#: Columns that name a run in every table, in this order.
KEYS = ["plan", "environment", "algorithm", "variant", "seed"]

#: Tables of a curve, and the HDF5 group that each is read from.
TABLES = {"evaluation": "evaluation", "returns": "evaluation", "episode": "episode", "update": "update"}

# What the file calls a column, where the table's name is plainer.
_COLUMNS = {
    "return_mean": "return",
    "length_mean": "length",
    "cost_mean": "cost",
    "discounted_cost_mean": "discounted_cost",
}

_SEED = re.compile(r"seed-(\d+)$")
_FORMAT_VERSION = 1


@dataclass(frozen=True)
class Run:
    """One run, as far as it has come."""

    #: The run's folder, or the file of a kept curve.
    path: Path
    #: The folders between the one that was asked for and the environment's: a plan's name; empty where there are none.
    plan: str
    #: The full id, such as ``Hopper-v2``.
    environment: str
    algorithm: str
    #: Empty for the algorithm as its name says.
    variant: str
    seed: int
    #: One of ``STATES``.
    state: str
    #: Environment steps that the curve covers.
    step: int = 0
    #: Environment steps that it is to become; ``None`` where the file does not say.
    steps: int | None = None
    #: Of the program that wrote it, with the commit where the file names one.
    version: str = ""
    #: Every setting in force.
    settings: dict[str, Any] = field(default_factory=dict, compare=False)
    #: Why it is damaged or empty.
    problem: str = ""

    @property
    def curve(self) -> Path:
        """The file of the learning curve."""
        return self.path if self.path.suffix == ".h5" else self.path / "curve.h5"

    @property
    def label(self) -> str:
        """``sac-hpo`` or ``sac-hpo+latent``, as the folder has it."""
        return self.algorithm + (f"+{self.variant}" if self.variant else "")

    def note(self) -> str | None:
        """A sentence where the run is not finished."""
        of = f" of {self.steps:,}" if self.steps is not None else ""
        match self.state:
            case "finished":
                return None
            case "running":
                return f"{self.path}: at step {self.step:,}{of}, being written"
            case "stopped":
                return f"{self.path}: stopped at step {self.step:,}{of}; the command that began it goes on with it"
            case "killed":
                return (
                    f"{self.path}: killed at step {self.step:,}{of} (its curve is still marked as being written); "
                    "the command that began it goes on with it"
                )
            case _:
                return f"{self.path}: {self.problem}; left out"


def find(folder: str | os.PathLike[str]) -> list[Run]:
    """Every run below a folder, or the run that it is, in the order of their names.

    Args:
        folder: all runs, a plan's, an environment's, an algorithm's, one run, or one curve file.

    Raises:
        UsageError: there is no such folder.
    """
    root = Path(folder)
    if root.is_file():
        return [_examine(root, root.parent)]
    if not root.is_dir():
        raise UsageError(f"there is no folder '{root}'; runs are below the folder that `hpo train --out` names, 'runs' by default")
    runs = [_examine(path, root) for path in _candidates(root)]
    return sorted(runs, key=lambda run: (run.plan, run.environment, run.algorithm, run.variant, run.seed, str(run.path)))


def _candidates(root: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(root, followlinks=True):
        path = Path(name)
        # Beside a run started over with --fresh stands the one before it, seed-0.kept-1: kept, not counted.
        folders[:] = sorted(folder for folder in folders if ".kept-" not in folder)
        if _is_run(path):
            # Snapshots and films are inside; no other run is.
            folders.clear()
            yield path
            continue
        for file in sorted(files):
            if file.endswith(".h5") and _SEED.search(file[:-3]):
                yield path / file


def _is_run(path: Path) -> bool:
    return bool(_SEED.search(path.name)) or any((path / name).is_file() for name in ("curve.h5", "checkpoint.h5"))


def _examine(path: Path, root: Path) -> Run:
    """Reads what a run says about itself; the path says it where the file cannot."""
    names = _names(path, root)
    curve = path if path.is_file() else path / "curve.h5"
    if not curve.exists():
        try:
            empty = not any(path.iterdir())
        except OSError:
            empty = False
        return Run(path, **names, state="empty", problem="an empty folder" if empty else "no curve.h5 yet")
    try:
        file, is_marked = open_read(curve)
        with file:
            attributes = {key: plain(value) for key, value in file.attrs.items()}
            version = attributes.get("format_version", _FORMAT_VERSION)
            if version != _FORMAT_VERSION:
                raise ValueError(f"its layout has number {version}, this program reads {_FORMAT_VERSION}")
            step = max((_last(file, group) for group in ("evaluation", "episode", "update")), default=0)
        settings = _settings(attributes)
        for key, kind in (("environment", str), ("algorithm", str), ("seed", int)):
            names[key] = attributes.get(key, names[key])
            if type(names[key]) is not kind:
                raise ValueError(f"its attribute {key} is {names[key]!r}")
    except UNREADABLE as error:
        names = _names(path, root)
        return Run(path, **names, state="damaged", problem=f"{curve.name} cannot be read ({reason(error)})")
    steps = settings.get("steps")
    if steps is not None and step >= steps:
        state = "finished"
    elif is_marked:
        state = "running" if is_held(path) else "killed"
    else:
        state = "stopped"
    # A build outside a checkout knows no commit.
    program = " ".join(str(attributes[key]) for key in ("program_version", "commit") if attributes.get(key, "unknown") != "unknown")
    return Run(path, **names, state=state, step=step, steps=steps, version=program, settings=settings)


def _settings(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attribute ``configuration``, YAML, as a mapping; its ``steps``, if any, are a number of them."""
    settings = yaml.safe_load(attributes.get("configuration", "")) or {}
    if not isinstance(settings, dict):
        raise ValueError("its attribute configuration is no list of settings")
    steps = settings.get("steps")
    if steps is not None and (type(steps) is not int or steps < 0):
        raise ValueError(f"its configuration has {steps!r} for steps")
    return settings


def _names(path: Path, root: Path) -> dict[str, Any]:
    """Plan, environment, algorithm, variant and seed by the folder's names."""
    whole = Path(os.path.abspath(path))
    parts = (whole.with_suffix("") if path.suffix == ".h5" else whole).parts
    seed = _SEED.search(parts[-1])
    algorithm, _, variant = (parts[-2] if len(parts) > 1 else "").partition("+")
    above = parts[len(Path(os.path.abspath(root)).parts) : -3]
    return {
        "plan": "/".join(above),
        "environment": parts[-3] if len(parts) > 2 else "",
        "algorithm": algorithm,
        "variant": variant,
        "seed": int(seed.group(1)) if seed else -1,
    }


def _last(file: h5py.File, group: str) -> int:
    if group not in file:
        return 0
    steps = dataset_of(group_of(file, group), "step")
    if steps.ndim != 1 or steps.dtype.kind not in "iu":
        raise ValueError(f"/{group}/step is not one whole number for each row")
    return int(steps[-1]) if len(steps) else 0


def is_held(folder: Path) -> bool:
    """Whether a living process holds the run's lock. Asked of the system's table: trying the lock could turn a run away."""
    lock = folder / ".lock"
    try:
        status = lock.stat()
        holder = lock.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    named = re.match(r"process (\d+) on (.+)", holder)
    if named and named.group(2).strip() != socket.gethostname():
        # Another machine's: nothing here can tell, and its mark says so.
        return True
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return bool(named) and Path(f"/proc/{named.group(1)}").exists()
    for line in locks.splitlines():
        # 1: FLOCK ADVISORY WRITE 123 08:01:131 0 EOF
        words = line.split()
        if len(words) < 6 or words[1] != "FLOCK":
            continue
        # The device is not always the one that stat tells (overlays, btrfs); the process may stand for it.
        if words[5] == device or (named and words[4] == named.group(1) and words[5].endswith(f":{status.st_ino}")):
            return True
    return False


def load(
    folder: str | os.PathLike[str] | Iterable[Run],
    table: str = "evaluation",
    *,
    warn: bool = True,
) -> pd.DataFrame:
    """Learning curves of every run below a folder as one tidy table.

    Runs that are growing, were stopped or killed are read as far as they go; empty and damaged ones are left out. Each is said in a
    ``RunWarning`` and in ``data.attrs["notes"]``.

    Args:
        folder: all runs, a plan's folder, an environment's, one run or a kept curve; or runs that ``find`` gave.
        table: ``evaluation``, one row per evaluation (``return``, ``return_std``, ``length``, with a cost also ``cost`` and
            ``discounted_cost``, ``wall_seconds``); ``returns``, one row per evaluation episode (``evaluation_episode``, ``return``);
            ``episode``, one row per training episode; ``update``, one row per logging interval (``critic_loss`` …).
        warn: whether notes are also warnings.

    Returns:
        Columns ``plan``, ``environment``, ``algorithm``, ``variant``, ``seed``, ``step`` (environment steps), then the table's own.
        Columns that only some runs have are NaN elsewhere. ``data.attrs["notes"]`` is a list of sentences.

    Raises:
        UsageError: an unknown table, or no such folder.
    """
    if table not in TABLES:
        raise UsageError(f"there is no table '{table}'; a curve has {', '.join(TABLES)}")
    runs = find(folder) if isinstance(folder, (str, os.PathLike)) else list(folder)
    parts: list[pd.DataFrame] = []
    readable: list[Run] = []
    notes: list[str] = []
    for run in runs:
        if note := run.note():
            notes.append(note)
        if run.state in ("empty", "damaged"):
            continue
        try:
            part = _read(run, table)
        except UNREADABLE as error:
            notes.append(f"{run.path}: {table} cannot be read ({reason(error)}); left out")
            continue
        readable.append(run)
        parts.append(part)
    if not runs:
        notes.append(f"{folder}: no runs below it")
    notes += _versions(readable)
    notes += _missing_seeds(runs)
    columns = [*KEYS, "step"]
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    data.attrs["notes"] = notes
    if warn:
        for note in notes:
            warnings.warn(note, RunWarning, stacklevel=2)
    return data


def _read(run: Run, table: str) -> pd.DataFrame:
    """One run's rows of a table; a file that is being written is torn at times and opened again then."""
    for attempt in range(3):
        try:
            columns = _columns(run, table)
            break
        except (OSError, RuntimeError):
            if attempt == 2:
                raise
    data = pd.DataFrame(columns)
    for position, key in enumerate(KEYS):
        data.insert(position, key, getattr(run, key))
    return data


def _columns(run: Run, table: str) -> dict[str, np.ndarray]:
    file, _ = open_read(run.curve)
    with file:
        group = group_of(file, TABLES[table])
        # `step` grows last: the other datasets are at least as long.
        step = read_column(group, "step")
        rows = len(step)
        if table == "returns":
            returns = read_column(group, "returns", rows)
            if returns.ndim != 2:
                raise ValueError("/evaluation/returns is not a row of episodes for each evaluation")
            episodes = returns.shape[1]
            return {
                "step": np.repeat(step, episodes),
                "evaluation_episode": np.tile(np.arange(episodes), rows),
                "return": returns.ravel(),
            }
        columns = {"step": step}
        for name in sorted(group, key=_order):
            if name != "step" and dataset_of(group, name).ndim == 1:
                columns[_COLUMNS.get(name, name)] = read_column(group, name, rows)
        return columns


def _order(name: str) -> tuple[int, str]:
    first = ["return_mean", "return", "return_std", "length_mean", "length"]
    return (first.index(name) if name in first else len(first), name)


def _versions(runs: list[Run]) -> list[str]:
    counts = Counter(run.version for run in runs if run.version)
    if len(counts) < 2:
        return []
    usual = counts.most_common(1)[0][0]
    others = "; ".join(
        f"{version}: " + ", ".join(str(run.path) for run in runs if run.version == version)
        for version in counts
        if version != usual
    )
    return [f"runs of different versions of the program: {usual} ({counts[usual]} runs); {others}"]


def _missing_seeds(runs: list[Run]) -> list[str]:
    """Seeds that others of the same plan and environment have."""
    seeds: dict[tuple[str, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for run in runs:
        seeds[run.plan, run.environment][run.label].add(run.seed)
    notes = []
    for (plan, environment), labels in seeds.items():
        every = set().union(*labels.values())
        for label, have in labels.items():
            if missing := sorted(every - have):
                where = f"{plan}/{environment}" if plan else environment
                word = "seed" if len(missing) == 1 else "seeds"
                notes.append(f"{where}: {label} has no run with {word} {_numbers(missing)}, which others have there")
    return notes


def _numbers(values: Iterable[int]) -> str:
    """``0-2, 5``"""
    ranges: list[list[int]] = []
    for value in sorted(values):
        if ranges and value == ranges[-1][1] + 1:
            ranges[-1][1] = value
        else:
            ranges.append([value, value])
    return ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in ranges)
