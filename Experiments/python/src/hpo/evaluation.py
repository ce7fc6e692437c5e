"""Playing episodes of a policy in Gymnasium."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from .environments import gymnasium_spec
from .errors import HpoError, UsageError
from .files import UNREADABLE, open_read, reason
from .policy import Policy


@dataclass(frozen=True)
class Evaluation:
    """What episodes brought."""

    #: Undiscounted, one per episode.
    returns: np.ndarray
    #: Steps, one per episode.
    lengths: np.ndarray

    @property
    def return_mean(self) -> float:
        return float(self.returns.mean())

    @property
    def return_std(self) -> float:
        """The population's."""
        return float(self.returns.std())

    def __str__(self) -> str:
        return f"mean {self.return_mean:.2f}, standard deviation {self.return_std:.2f} over {len(self.returns)} episodes"


@dataclass(frozen=True)
class Start:
    """A MuJoCo task's state before its first step."""

    qpos: np.ndarray
    qvel: np.ndarray


def read_starts(path: str | os.PathLike[str]) -> list[Start]:
    """The starts of the episodes in a recording (``hpo evaluate --record``, or ``hpo rollout``'s input), in order.

    Raises:
        HpoError: not such a file.
    """
    try:
        file, _ = open_read(Path(path))
        with file:
            names = sorted((name for name in file if name.startswith("episode_")), key=lambda name: int(name[8:]))
            return [Start(file[name]["qpos0"][:], file[name]["qvel0"][:]) for name in names]
    except UNREADABLE as error:
        raise HpoError(f"'{path}' is no recording of MuJoCo episodes: {reason(error)}") from error


def make_environment(policy: Policy, **arguments: Any) -> gymnasium.Env:
    """The task that a policy was trained on, in Gymnasium, with the same parameters.

    Args:
        arguments: go to ``gymnasium.make``, such as ``render_mode="human"``.

    Raises:
        UsageError: Gymnasium does not have the task, or not with these parameters.
    """
    spec = gymnasium_spec(policy.environment, policy.configuration)
    try:
        with warnings.catch_warnings():
            # v4 is what v2's rules are made of; Gymnasium would rather see v5.
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            return gymnasium.make(spec, **arguments)
    except (TypeError, OSError, gymnasium.error.Error) as error:
        raise UsageError(f"Gymnasium cannot make {spec.id} as '{policy.environment}' was trained: {reason(error)}") from error


def evaluate(
    policy: Policy,
    environment: gymnasium.Env,
    episodes: int = 10,
    *,
    seed: int = 0,
    starts: Sequence[Start] | None = None,
    deterministic: bool = True,
) -> Evaluation:
    """Plays whole episodes of a policy.

    Args:
        policy: any object with Stable-Baselines3's ``predict`` serves.
        environment: of Gymnasium, such as ``hpo.make_environment(policy)`` or ``gymnasium.make("Hopper-v4")``.
        episodes: how many, each from a reset; not used with ``starts``.
        seed: of the environment's resets.
        starts: states to start from instead, one episode each (MuJoCo tasks), as ``read_starts`` gives them.
        deterministic: as ``Policy.predict``'s.

    Raises:
        UsageError: an environment of other sizes than the policy's, or no episodes.
        HpoError: a return that is not finite.
    """
    if starts is None and episodes < 1:
        raise UsageError(f"episodes must be at least 1, not {episodes}")
    if isinstance(policy, Policy):
        _check_sizes(policy, environment)
    returns, lengths = [], []
    observation, _ = environment.reset(seed=seed)
    for episode in range(len(starts) if starts is not None else episodes):
        if episode > 0:
            observation, _ = environment.reset()
        if starts is not None:
            observation = _set_start(environment, starts[episode])
        total, length, is_first = 0.0, 0, True
        while True:
            action, _ = policy.predict(observation, episode_start=is_first, deterministic=deterministic)
            observation, reward, is_terminated, is_truncated, _ = environment.step(action)
            total += float(reward)
            length += 1
            is_first = False
            if is_terminated or is_truncated:
                break
        if not np.isfinite(total):
            raise HpoError(f"episode {episode} has a return of {total}")
        returns.append(total)
        lengths.append(length)
    return Evaluation(np.array(returns), np.array(lengths))


def _check_sizes(policy: Policy, environment: gymnasium.Env) -> None:
    observations, actions = environment.observation_space, environment.action_space
    if not isinstance(observations, gymnasium.spaces.Box) or not isinstance(actions, gymnasium.spaces.Box):
        raise UsageError("the environment's observations and actions must be boxes of numbers")
    have = (int(np.prod(observations.shape)), int(np.prod(actions.shape)))
    want = (policy.observation_size, policy.action_size)
    if have != want:
        name = environment.spec.id if environment.spec else type(environment.unwrapped).__name__
        raise UsageError(
            f"{name} has {have[0]} observations and {have[1]} actions; the policy of '{policy.environment}' was trained with "
            f"{want[0]} and {want[1]}"
        )
    if not (np.allclose(actions.low, policy.action_low) and np.allclose(actions.high, policy.action_high)):
        raise UsageError(
            f"the environment's actions lie in [{actions.low.min():g}, {actions.high.max():g}], the policy's in "
            f"[{policy.action_low.min():g}, {policy.action_high.max():g}]"
        )


def _set_start(environment: gymnasium.Env, start: Start) -> np.ndarray:
    task = environment.unwrapped
    if not hasattr(task, "set_state"):
        raise UsageError("only MuJoCo tasks start from given states")
    # As the program: everything else of the simulation as after loading the model.
    import mujoco

    mujoco.mj_resetData(task.model, task.data)
    task.set_state(np.asarray(start.qpos, np.float64), np.asarray(start.qvel, np.float64))
    return task._get_obs()
