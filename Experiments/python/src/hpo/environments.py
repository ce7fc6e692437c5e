"""What is known of the program's environments: full ids, the range of their actions, the same task in Gymnasium."""

from __future__ import annotations

import copy
import inspect
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import RunWarning, UsageError, nearest

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec

_LOCOMOTION = ("HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid")
_MUJOCO = _LOCOMOTION + ("InvertedPendulum", "InvertedDoublePendulum", "Reacher", "Swimmer", "HumanoidStandup")
_BULLET = {
    "HumanoidPyBullet": "HumanoidPyBulletEnv-v0",
    "Flagrun": "HumanoidFlagrunPyBulletEnv-v0",
    "FlagrunHarder": "HumanoidFlagrunHarderPyBulletEnv-v0",
}
_SHORT = {name: f"{name}-v2" for name in _MUJOCO} | {"Pusher": "Pusher-v5", "Pendulum": "Pendulum-v1"} | _BULLET

# Half-widths of symmetric action ranges that are not 1, from the models of Gymnasium 1.4.
_HALF_WIDTHS = {"Humanoid": 0.4, "HumanoidStandup": 0.4, "InvertedPendulum": 3.0, "Pusher": 2.0, "Pendulum": 2.0}

# What Gymnasium's v4 has no parameter for.
_V4_FRAME_SKIPS = {
    "HalfCheetah-v4": 5, "Hopper-v4": 4, "Walker2d-v4": 4, "Ant-v4": 5, "Humanoid-v4": 5, "HumanoidStandup-v4": 5,
    "InvertedPendulum-v4": 2, "InvertedDoublePendulum-v4": 5, "Reacher-v4": 2, "Swimmer-v4": 4,
}


def full_id(name: str) -> str:
    """``Hopper`` is ``Hopper-v2``, as the program reads names; a full id stays.

    Raises:
        UsageError: neither a known short name nor an id with a version.
    """
    if name in _SHORT:
        return _SHORT[name]
    if re.fullmatch(r".+-v\d+", name):
        return name
    raise UsageError(f"unknown environment '{name}'.{nearest(name, _SHORT)}")


def short_name(environment: str) -> str:
    """``Hopper-v2`` is ``Hopper`` where the plain name means that id; others stay."""
    return next((short for short, full in _SHORT.items() if full == environment), environment)


def action_range(
    attributes: Mapping[str, Any], environment: str, size: int, configuration: Mapping[str, Any], file: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest actions in the environment's own units, each [d].

    Args:
        attributes: of a file's ``/networks``, whose ``action_low`` and ``action_high`` are believed; without them the usual range of
            the known tasks is taken, [-1, 1] for others.
        size: d.
        configuration: every setting of the run.
        file: for messages.

    Raises:
        ValueError: attributes that are no range of d actions.
    """
    if "action_low" in attributes and "action_high" in attributes:
        low, high = (np.asarray(attributes[name], np.float64).reshape(-1) for name in ("action_low", "action_high"))
        if low.shape != (size,) or high.shape != (size,) or not (low < high).all():
            raise ValueError(f"action_low and action_high are no range of {size} actions")
        return low, high
    model = str(configuration.get("environment.xml_file", ""))
    if "/" in model:
        warnings.warn(
            f"{file} does not name the range of its actions and its model is a file of one's own ('{model}'); {environment}'s "
            "usual range is taken",
            RunWarning,
            stacklevel=5,
        )
    half = _HALF_WIDTHS.get(environment.rsplit("-", 1)[0], 1.0)
    return np.full(size, -half), np.full(size, half)


def scaled_action(action: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Actions in [-1, 1] in the environment's own units, in float32 as the program scales them."""
    low, high, action = (np.asarray(values, np.float32) for values in (low, high, action))
    uneven = low + np.float32(0.5) * (action + np.float32(1)) * (high - low)
    return np.where(low == -high, action * high, uneven).astype(np.float32)


def gymnasium_spec(environment: str, configuration: Mapping[str, Any] | None = None) -> EnvSpec:
    """The same task in Gymnasium 1.4, for ``gymnasium.make``.

    The program's ``-v2`` is Gymnasium's v4 with the contact forces that v2 had.

    Args:
        configuration: every setting of a run, whose ``environment.<name>`` become arguments.

    Raises:
        UsageError: Gymnasium does not have the task, or not with these parameters.
    """
    import gymnasium
    from gymnasium.envs.registration import load_env_creator

    name = _gymnasium_id(environment)
    spec = copy.deepcopy(gymnasium.spec(name))
    given = {
        key.removeprefix("environment."): _parameter(value)
        for key, value in (configuration or {}).items()
        # What a diverged simulation does is a parameter of the program's alone.
        if key.startswith("environment.") and key != "environment.divergence"
    }
    if environment == "Ant-v2":
        given.setdefault("use_contact_forces", True)
    try:
        accepted = inspect.signature(load_env_creator(spec.entry_point).__init__).parameters
    except (ImportError, AttributeError) as error:
        raise UsageError(f"Gymnasium cannot load {name}: {error}") from error
    for key, value in given.items():
        # v4 fixes what later versions let one choose.
        is_fixed = (key == "frame_skip" and value == _V4_FRAME_SKIPS.get(name)) or (key == "xml_file" and "/" not in str(value))
        if key in accepted:
            spec.kwargs[key] = value
        elif not is_fixed:
            raise UsageError(f"Gymnasium's {name} has no parameter '{key}', which is {value} in '{environment}' as it was trained")
    return spec


def _gymnasium_id(environment: str) -> str:
    family, _, version = environment.rpartition("-")
    if environment == "Pendulum-v1" or (family == "Pusher" and version == "v5"):
        return environment
    if family in _MUJOCO and version in ("v2", "v4", "v5"):
        return f"{family}-{'v4' if version == 'v2' else version}"
    raise UsageError(f"Gymnasium has no task with the rules of '{environment}'")


def _parameter(value: Any) -> Any:
    """A parameter as Gymnasium takes it: ranges are tuples, and YAML 1.1 takes ``inf`` for text."""
    if isinstance(value, list):
        return tuple(_parameter(item) for item in value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
