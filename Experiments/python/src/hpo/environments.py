"""What is known of the program's environments: full ids, the range of their actions, the same task in Gymnasium."""

from __future__ import annotations

import re
from typing import Any

from .errors import UsageError, nearest

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


def action_half_width(environment: str) -> float:
    """Half of the width of the range of every action of a task, which lies around 0: 0.4 for Humanoid's, else mostly 1.

    Files that name the range themselves are believed before this table.
    """
    return _HALF_WIDTHS.get(environment.rsplit("-", 1)[0], 1.0)


def gymnasium_id(environment: str) -> tuple[str, dict[str, Any]]:
    """The same task in Gymnasium 1.4: an id and arguments of ``gymnasium.make``.

    The program's ``-v2`` is Gymnasium's v4 with the contact forces that v2 had.

    Raises:
        UsageError: Gymnasium does not have it.
    """
    family, _, version = environment.rpartition("-")
    if environment == "Pendulum-v1" or (family == "Pusher" and version == "v5"):
        return environment, {}
    if family in _MUJOCO and version in ("v2", "v4", "v5"):
        arguments = {"use_contact_forces": True} if (family, version) == ("Ant", "v2") else {}
        return f"{family}-{'v4' if version == 'v2' else version}", arguments
    raise UsageError(f"Gymnasium has no task with the rules of '{environment}'")
