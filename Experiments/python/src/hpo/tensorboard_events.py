"""A run's curves as TensorBoard events under Stable-Baselines3's tags, once or following a run that grows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from .errors import HpoError, UsageError
from .runs import Run, find, load

#: Stable-Baselines3's names of what it has too; everything else in ``update`` is ``train/<name>``.
TAGS = {
    ("evaluation", "return"): "eval/mean_reward",
    ("evaluation", "length"): "eval/mean_ep_length",
    ("evaluation", "return_std"): "eval/std_reward",
    ("evaluation", "cost"): "eval/mean_cost",
    ("evaluation", "discounted_cost"): "eval/mean_discounted_cost",
    ("episode", "return"): "rollout/ep_rew_mean",
    ("episode", "length"): "rollout/ep_len_mean",
    ("episode", "cost"): "rollout/ep_cost_mean",
    ("episode", "discounted_cost"): "rollout/ep_discounted_cost_mean",
    ("update", "policy_loss"): "train/actor_loss",
    ("update", "alpha"): "train/ent_coef",
    ("update", "steps_per_second"): "time/fps",
}
#: Episodes that a ``rollout/…_mean`` is taken over, as in Stable-Baselines3.
EPISODES = 100
_SUFFIX = ".hpo"


def scalars(run: Run) -> pd.DataFrame:
    """Every scalar of a run's curve: columns ``table``, ``row``, ``tag``, ``step``, ``value``, in the order of steps."""
    parts = []
    for table in ("evaluation", "episode", "update"):
        data = load([run], table, warn=False)
        if table not in ("evaluation", "episode", "update") or not len(data):
            continue
        values = data.drop(columns=[*data.columns[:6], "wall_seconds"], errors="ignore")
        if table == "episode":
            values = values.rolling(EPISODES, min_periods=1).mean()
        for name in values:
            tag = TAGS.get((table, name), f"train/{name}" if table == "update" else f"{table}/{name}")
            part = pd.DataFrame({"table": table, "row": range(len(data)), "tag": tag, "step": data["step"], "value": values[name]})
            # NaN stands for what had not begun.
            parts.append(part.dropna(subset=["value"]))
    if not parts:
        return pd.DataFrame(columns=["table", "row", "tag", "step", "value"])
    return pd.concat(parts).sort_values(["step", "table", "tag"], kind="stable", ignore_index=True)


def export_tensorboard(
    folder: str | os.PathLike[str], output: str | os.PathLike[str], *, follow: bool = False, interval: float = 10.0
) -> Iterator[int]:
    """Writes a run's scalars below a log directory, replacing those that an earlier export wrote there.

    Args:
        folder: the run's.
        output: the log directory; TensorBoard shows each folder in it as a run.
        follow: go on as the run grows, until it is finished; Ctrl-C ends it too.
        interval: seconds between looks at the run.

    Yields:
        The number of scalars written, after each look.

    Raises:
        UsageError: no such run, or more than one.
        HpoError: the run's curve cannot be read, or the directory cannot be written to.
    """
    run = the_run(folder)
    directory = Path(output)
    try:
        for old in directory.glob(f"events.out.tfevents.*{_SUFFIX}"):
            old.unlink()
        writer = EventFileWriter(str(directory), filename_suffix=_SUFFIX)
    except OSError as error:
        raise HpoError(f"'{directory}' cannot be written: {error.strerror or error}") from error
    done: dict[str, int] = {}
    count = 0
    try:
        while True:
            clock = _clock(run)
            table = scalars(run)
            fresh = table[table["row"] >= table["table"].map(done).fillna(0)]
            for item in fresh.itertuples(index=False):
                summary = Summary(value=[Summary.Value(tag=item.tag, simple_value=float(item.value))])
                writer.add_event(Event(wall_time=clock(int(item.step)), step=int(item.step), summary=summary))
            for name, rows in table.groupby("table")["row"]:
                done[name] = max(done.get(name, 0), int(rows.max()) + 1)
            count += len(fresh)
            writer.flush()
            yield count
            if not follow or run.state == "finished":
                return
            time.sleep(interval)
            # A curve that is being replaced is missing for a moment; the next look finds it.
            run = next((again for again in find(folder) if again.state not in ("empty", "damaged")), run)
    finally:
        writer.close()


def the_run(folder: str | os.PathLike[str]) -> Run:
    """The one run in a folder.

    Raises:
        UsageError: none, or several.
        HpoError: it cannot be read.
    """
    runs = find(folder)
    if not runs:
        raise UsageError(f"'{folder}' is no run: it holds no curve.h5")
    if len(runs) > 1:
        raise UsageError(f"'{folder}' holds {len(runs)} runs; name one of them, such as {runs[0].path}")
    if runs[0].state in ("empty", "damaged"):
        raise HpoError(f"{runs[0].path}: {runs[0].problem}")
    return runs[0]


def _clock(run: Run):
    """When a step was taken, in seconds since 1970, as near as evaluations' wall seconds tell."""
    evaluations = load([run], warn=False)
    end = run.curve.stat().st_mtime
    if not len(evaluations):
        return lambda step: end
    steps = [0, *evaluations["step"]]
    seconds = [0.0, *evaluations["wall_seconds"]]
    start = end - seconds[-1]
    import numpy as np

    return lambda step: float(start + np.interp(step, steps, seconds))
