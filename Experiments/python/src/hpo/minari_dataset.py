"""A run's replay as a Minari dataset, which offline-RL libraries load by its id."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import h5py
import numpy as np
import yaml
from minari.data_collector.episode_buffer import EpisodeBuffer
from minari.dataset.minari_dataset import DATASET_ID_RE
from minari.dataset.minari_storage import MinariStorage

from .environments import action_range, gymnasium_spec, scaled_action
from .errors import HpoError, UsageError
from .files import UNREADABLE, dataset_of, open_read, plain, reason

#: Loaders refuse datasets of versions newer than their own; this layout has not changed since.
MINARI_VERSION = "0.4.3"

_COLUMNS = ("observations", "actions", "rewards", "terminals", "timeouts", "next_observations")


def export_minari(folder: str | os.PathLike[str], output: str | os.PathLike[str], dataset_id: str | None = None) -> str:
    """Writes a run's whole history as a dataset.

    Args:
        folder: the run's; a run that is at work counts up to its last checkpoint.
        output: Minari's datasets folder (``MINARI_DATASETS_PATH``), in which the dataset is a folder by its id.
        dataset_id: such as ``mujoco/hopper/sac-hpo-v0``; made of the run's names by default.

    Returns:
        The id that ``minari.load_dataset`` takes. Each episode has one more observation than actions; actions are in the
        environment's own units; costs and recorded states, if any, are ``infos``, NaN where there is none.

    Raises:
        UsageError: no replay, a wrong id, or a dataset of that id is there.
        HpoError: the replay cannot be read, or the dataset cannot be written.
    """
    replay = Path(folder) / "replay.h5"
    if not replay.is_file():
        raise UsageError(f"'{folder}' is no run with a history: it has no replay.h5")
    try:
        file, _ = open_read(replay)
    except UNREADABLE as error:
        raise HpoError(f"'{replay}' cannot be read: {reason(error)}") from error
    with file:
        try:
            return _write(file, Path(folder), Path(output).absolute(), dataset_id)
        except UNREADABLE as error:
            raise HpoError(f"'{replay}' cannot be made a dataset: {reason(error)}") from error


def _write(file: h5py.File, run: Path, output: Path, dataset_id: str | None) -> str:
    attributes = {key: plain(value) for key, value in file.attrs.items()}
    environment = str(attributes["environment"])
    configuration = yaml.safe_load(attributes.get("configuration", "")) or {}
    algorithm = run.parent.name if run.parent.name.split("+")[0] == attributes["algorithm"] else attributes["algorithm"]
    dataset_id = dataset_id or f"hpo/{_word(environment)}/{_word(algorithm)}-seed-{attributes['seed']}-v0"
    if not DATASET_ID_RE.fullmatch(dataset_id):
        raise UsageError(f"'{dataset_id}' is no dataset id; one is written namespace/name-v0 with letters, digits, - and _")
    target = output / dataset_id
    if target.exists():
        raise UsageError(f"'{target}' exists; remove it or give another --dataset-id")
    rows = _rows(file, run)
    if rows == 0:
        raise UsageError(f"'{run}' has no step in its last checkpoint yet")
    size = file["actions"].shape[1]
    low, high = action_range(_network_attributes(run), environment, size, configuration, run)
    observations = gymnasium.spaces.Box(-np.inf, np.inf, (file["observations"].shape[1],), np.float32)
    actions = gymnasium.spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    output.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".minari-", dir=output))
    try:
        storage = MinariStorage.new(
            temporary / "data", observation_space=observations, action_space=actions, env_spec=_env_spec(environment, configuration)
        )
        storage.update_metadata(
            {
                "dataset_id": dataset_id,
                "minari_version": MINARI_VERSION,
                "algorithm_name": algorithm,
                "description": f"Every step of {algorithm} learning {environment}, seed {attributes['seed']}, in order.",
                "requirements": [f"mujoco=={attributes['mujoco_version']}"] if "mujoco_version" in attributes else [],
                "program_version": str(attributes.get("program_version", "")),
            }
        )
        storage.update_episodes(_episodes(file, rows, low, high))
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return dataset_id


def _word(text: str) -> str:
    return re.sub(r"[^\w-]+", "-", text).strip("-").lower()


def _rows(file: h5py.File, run: Path) -> int:
    """Steps that are part of the run: those that its checkpoint counts."""
    there = min(len(dataset_of(file, name)) for name in _COLUMNS)
    if not (run / "checkpoint.h5").is_file():
        return there
    checkpoint, _ = open_read(run / "checkpoint.h5")
    with checkpoint:
        return min(there, int(checkpoint["rows"].attrs["replay"]))


def _network_attributes(run: Path) -> dict[str, Any]:
    for name in ("checkpoint.h5", "best.h5"):
        if not (run / name).is_file():
            continue
        file, _ = open_read(run / name)
        with file:
            return dict(file["networks"].attrs)
    return {}


def _env_spec(environment: str, configuration: dict[str, Any]) -> gymnasium.envs.registration.EnvSpec | None:
    try:
        return gymnasium_spec(environment, configuration)
    except UsageError:
        return None


def _episodes(file: h5py.File, rows: int, low: np.ndarray, high: np.ndarray) -> Iterator[EpisodeBuffer]:
    """Episodes in order; the last, which the run's end cuts, counts as truncated."""
    terminals, timeouts = (np.asarray(file[name][:rows]).astype(bool) for name in ("terminals", "timeouts"))
    ends = np.flatnonzero(terminals | timeouts) + 1
    if not len(ends) or ends[-1] < rows:
        ends = np.append(ends, rows)
    first = 0
    for end in ends:
        part = slice(first, int(end))
        truncations = timeouts[part].copy()
        truncations[-1] = not terminals[end - 1]
        infos: dict[str, np.ndarray] = {}
        if "costs" in file:
            # infos stand with the observation that came with them: a reset has no cost.
            infos["cost"] = np.concatenate([[np.nan], file["costs"][part]])
        for name in ("qpos", "qvel"):
            if f"infos/{name}" in file:
                states = file[f"infos/{name}"][part]
                infos[name] = np.concatenate([states, np.full((1, states.shape[1]), np.nan)])
        yield EpisodeBuffer(
            observations=np.concatenate([file["observations"][part], file["next_observations"][end - 1 : end]]),
            actions=scaled_action(file["actions"][part], low, high),
            rewards=file["rewards"][part],
            terminations=terminals[part],
            truncations=truncations,
            infos=infos or None,
        )
        first = int(end)
