"""A trained policy in numpy: what the program's ``hpo evaluate`` acts by, from the networks in a run's files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from .environments import action_range, scaled_action
from .errors import HpoError, UsageError
from .files import UNREADABLE, group_of, open_read, plain, reason
from .networks import Critic, Perceptron, Surface, elu, minimum, penalized, relu, sigmoid

_LOG_STD_MINIMUM, _LOG_STD_MAXIMUM = -20.0, 2.0
_BOUNDARIES = ("clip", "reflect", "latent", "none")
_KINDS = ("gaussian", "proposed", "conventional", "flow", "deterministic", "iterative")


@dataclass(frozen=True)
class _Flow:
    """One radial flow: z' = z + βh(z − z₀), h = 1/(α̂ + ‖z − z₀‖)."""

    center: np.ndarray
    alpha: float
    beta: float

    def __call__(self, z: np.ndarray) -> np.ndarray:
        offset = z - self.center
        h = 1 / (self.alpha + np.linalg.norm(offset, axis=1, keepdims=True))
        return z + self.beta * h * offset


class Policy:
    """A run's policy, to act with.

        policy = hpo.Policy("runs/Hopper-v2/sac-hpo/seed-0")
        action, _ = policy.predict(observation)

    Actions are the program's own to rounding: its deterministic evaluation policy, the base policy's mean taken through flows or K
    leapfrog steps without momentum; for safe agents that filter what they do, Algorithm 3 without noise.

    Attributes:
        settings: what the networks' use depends on, by the program's keys.
        environment, algorithm: as the run was trained.
        action_low, action_high: the range of the environment's own actions, [d].
        file: where the networks are from.
        configuration: every setting of the run.
    """

    def __init__(
        self,
        run: str | os.PathLike[str],
        *,
        best: bool = False,
        snapshot: int | None = None,
        seed: int = 0,
    ) -> None:
        """Loads a policy.

        Args:
            run: a run's folder (its last checkpoint; ``best.h5`` where that is all there is), or a file of networks itself.
            best: the networks of the best evaluation instead.
            snapshot: those kept at this step instead.
            seed: of what is drawn: all of ``predict(deterministic=False)``, and further candidates.

        Raises:
            UsageError: no such run or file.
            HpoError: a file that is damaged, or of an agent that this package does not know.
        """
        self.file = _networks_file(Path(run), best=best, snapshot=snapshot)
        try:
            file, _ = open_read(self.file)
            with file:
                self.configuration: dict[str, Any] = yaml.safe_load(plain(file.attrs.get("configuration", ""))) or {}
                self._load(group_of(file, "networks"))
        except UNREADABLE as error:
            raise HpoError(f"'{self.file}' holds no policy that can be read: {reason(error)}") from error
        self._generator = np.random.default_rng(seed)
        self._first: np.ndarray | None = None

    # What a checkpoint holds

    def _load(self, group: h5py.Group) -> None:
        self.settings = {key: plain(value) for key, value in group.attrs.items()}
        setting = self.settings.get
        self.environment = str(setting("environment", self.configuration.get("environment", "")))
        self.algorithm = str(setting("algorithm", self.configuration.get("algorithm", "")))
        self.observation_size = int(self.settings["observation_size"])
        self.action_size = d = int(self.settings["action_size"])
        self.action_low, self.action_high = action_range(group.attrs, self.environment, d, self.configuration, self.file)
        self.candidates = int(setting("candidates", 1))
        self.kind = self._kind(group)
        if self.kind not in _KINDS:
            raise ValueError(f"a policy of kind '{self.kind}' is not known here")
        self.is_evolved = self.kind in ("proposed", "conventional")
        self.is_filtered = setting("constraint", "none") == "lyapunov"
        self.boundary = str(setting("boundary", "clip")) if self.is_evolved else "clip"
        if self.boundary not in _BOUNDARIES:
            raise ValueError(f"a boundary '{self.boundary}' is not known here")
        if self.kind == "iterative":
            self._load_iterative(group)
        else:
            self.base = Perceptron.read(group["policy"])
            self._expect(self.base, "policy", self.observation_size, self.base.outputs)
            if self.base.outputs not in (d, 2 * d):
                raise ValueError(f"the policy has {self.base.outputs} outputs where {d} or {2 * d} serve {d} actions")
        self.shared_log_std = np.asarray(group["policy_std/log_std"], np.float64) if "policy_std" in group else None
        self.flows = self._read_flows(group) if self.kind == "flow" else ()
        self.multiplier = float(setting("lambda", 0.0))
        # What the leapfrog climbs, and what candidates are chosen by.
        self.climbed_critics, self.climbed_cost = self._read_critics(group, str(setting("hamiltonian_critic", "target")))
        self.surface = self._surface(self.climbed_critics, self.climbed_cost)
        self.targets = self._surface(*self._read_critics(group, "target"))
        self.steps = int(setting("leapfrog_steps", 0)) if self.is_evolved else 0
        self.step_size = float(setting("leapfrog_step_size", 0.0))
        self.alpha = float(setting("alpha", 1.0))
        # Evaluation has training's β and no gain.
        is_consistent = setting("mass", "unit") == "consistent"
        self.force_scale = float(self.settings["momentum_std_training"]) ** 2 if is_consistent else 1.0
        if self.kind == "proposed":
            self.transform = Perceptron.read(group["leapfrog_transform"])
            self.gate = Perceptron.read(group["leapfrog_gate"])
            self.reads_state = self.transform.inputs != 2 * d
            for name, network in (("leapfrog_transform", self.transform), ("leapfrog_gate", self.gate)):
                self._expect(network, name, 2 * d + (self.observation_size if self.reads_state else 0), d)
        self.tempering = (
            sigmoid(np.asarray(group["tempering/log_odds"], np.float64)) if "tempering" in group and self.is_evolved else None
        )
        if self.is_filtered:
            if not self.is_evolved:
                raise ValueError("a filter of actions needs the leapfrog")
            self.steps = int(self.settings["safe_leapfrog_steps"])
            self.cost_limit = float(self.settings["cost_limit"])
            self.gamma = float(self.settings["gamma"])
            self.target_cost = self._critic(group, "target_cost_critic")

    def _expect(self, network: Perceptron, name: str, inputs: int, outputs: int) -> None:
        if (network.inputs, network.outputs) != (inputs, outputs):
            raise ValueError(f"{name} takes {network.inputs} numbers and gives {network.outputs}, not {inputs} and {outputs}")

    def _critic(self, group: h5py.Group, name: str) -> Critic:
        network = Perceptron.read(group[name])
        self._expect(network, name, self.observation_size + self.action_size, 1)
        return Critic(network, self.observation_size)

    def _kind(self, group: h5py.Group) -> str:
        if "iterative" in group:
            return "iterative"
        if "target_policy" in group or self.algorithm == "td3":
            return "deterministic"
        kind = str(self.settings.get("training_policy", "gaussian"))
        return {"optimistic": "gaussian", "noisy": "gaussian"}.get(kind, kind)

    def _read_flows(self, group: h5py.Group) -> tuple[_Flow, ...]:
        flows = []
        for index in sorted(group["flow"], key=int):
            flow = group["flow"][index]
            alpha = float(np.exp(np.float64(flow["log_alpha"][()])))
            # β > −α̂, so that the flow is invertible.
            beta = float(np.logaddexp(0, np.float64(flow["b"][()]))) - alpha
            flows.append(_Flow(np.asarray(flow["center"], np.float64), alpha, beta))
        return tuple(flows)

    def _read_critics(self, group: h5py.Group, which: str) -> tuple[list[Critic], Critic | None]:
        """Both critics and, for a safe agent, the cost's."""
        prefix = "target_" if which == "target" else ""
        critics = [self._critic(group, f"{prefix}critic{i}") for i in (1, 2)]
        if self.settings.get("constraint", "none") == "none" or f"{prefix}cost_critic" not in group:
            return critics, None
        return critics, self._critic(group, f"{prefix}cost_critic")

    def _surface(self, critics: list[Critic], cost: Critic | None) -> Surface:
        """min Q, less λ times the cost for a safe agent."""
        return penalized(minimum(*critics), cost, self.multiplier) if cost else minimum(*critics)

    def _load_iterative(self, group: h5py.Group) -> None:
        layers = Perceptron.read(group["iterative"], heads=4).layers
        self.trunk, self.heads = Perceptron(layers[:-4]), layers[-4:]
        d = self.action_size
        self.iterations = int(self.settings["iterations"])
        self.acting_pessimism = float(self.settings.get("acting_pessimism", 1.0))
        self.iteration_noise = _iteration_noise(group["iteration_noise"], d)
        self.critics = [self._critic(group, f"target_critic{i}") for i in (1, 2)]

    # Acting

    def predict(
        self,
        observation: np.ndarray,
        state: Any = None,
        episode_start: np.ndarray | bool | None = None,
        deterministic: bool = True,
    ) -> tuple[np.ndarray, None]:
        """Chooses actions, as Stable-Baselines3's policies do.

        Args:
            observation: [n], or [rows, n] for several environments.
            state: not used; there for compatibility.
            episode_start: true where an observation is its episode's first, which safe agents that filter their actions must be told;
                without it such an agent takes the first observation it ever sees.
            deterministic: false draws from the base policy and the momentum's Gaussian, with training's deviations.

        Returns:
            Actions in the environment's own units, float32, [d] or [rows, d]; and ``None``.

        Raises:
            UsageError: observations of another size.
            HpoError: an action that is not finite.
        """
        rows = np.asarray(observation)
        is_single = rows.ndim == 1
        rows = np.atleast_2d(rows)
        if rows.ndim != 2 or rows.shape[1] != self.observation_size:
            raise UsageError(
                f"{self.environment}'s policy takes {self.observation_size} observations, not an array of shape "
                f"{np.asarray(observation).shape}"
            )
        action = self.scaled(self.action(rows, episode_start, deterministic))
        return (action[0] if is_single else action), None

    def action(
        self, observations: np.ndarray, episode_start: np.ndarray | bool | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """Actions in [-1, 1], float32, [rows, d], for observations [rows, n]; arguments as ``predict``'s."""
        # The program's networks see observations as replay keeps them.
        states = np.asarray(observations, np.float32).astype(np.float64)
        if self.is_filtered:
            self._begin(states, episode_start)
        if self.candidates > 1:
            chosen = self._best_candidate(states, deterministic)
        else:
            chosen, _ = self._propose(states, is_noisy=not deterministic)
        if not np.isfinite(chosen).all():
            raise HpoError(f"'{self.file}' gives an action that is not finite")
        return np.clip(chosen, -1, 1).astype(np.float32)

    def scaled(self, action: np.ndarray) -> np.ndarray:
        """Actions in [-1, 1] in the environment's own units, in float32 as the program scales them."""
        return scaled_action(action, self.action_low, self.action_high)

    def base_distribution(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """μ and σ before the tanh, [rows, d]; σ is ``None`` for a deterministic policy."""
        if self.kind == "iterative":
            return self._iterate(states)
        output = self.base.forward(states, relu)
        d = self.action_size
        if self.base.outputs == 2 * d:
            log_std = output[:, d:]
        elif self.shared_log_std is not None:
            log_std = np.broadcast_to(self.shared_log_std, (len(states), d))
        else:
            return output, None
        return output[:, :d], np.exp(np.clip(log_std, _LOG_STD_MINIMUM, _LOG_STD_MAXIMUM))

    def _propose(self, states: np.ndarray, *, is_noisy: bool) -> tuple[np.ndarray, np.ndarray]:
        """One action per state, in the box or near it, and whether the filter accepts it."""
        mean, std = self.base_distribution(states)
        latent = mean
        if is_noisy and std is not None:
            latent = mean + std * self._generator.standard_normal(mean.shape)
        for flow in self.flows:
            latent = flow(latent)
        accepted = np.ones(len(states), bool)
        if not self.is_evolved:
            return np.tanh(latent), accepted
        draw = self._draw_momentum if is_noisy else lambda shape: np.zeros(shape)
        if self.is_filtered:
            return self._filtered(states, mean, latent, draw)
        return self._evolved(states, latent, draw(latent.shape)), accepted

    def _draw_momentum(self, shape: tuple[int, ...]) -> np.ndarray:
        if self.settings.get("momentum") == "zero":
            return np.zeros(shape)
        return float(self.settings["momentum_std_training"]) * self._generator.standard_normal(shape)

    # The leapfrog (paper eq. 7, 9, 13)

    def _evolved(self, states: np.ndarray, latent: np.ndarray, momentum: np.ndarray) -> np.ndarray:
        position = self._start(latent)
        force = self.force(states, position)
        for step in range(self.steps):
            position, momentum, force = self._advance(step, states, position, momentum, force)
        return self._placed(position)

    def _start(self, latent: np.ndarray) -> np.ndarray:
        return latent if self.boundary == "latent" else np.tanh(latent)

    def _placed(self, position: np.ndarray) -> np.ndarray:
        return np.tanh(position) if self.boundary == "latent" else position

    def _advance(
        self, step: int, states: np.ndarray, position: np.ndarray, momentum: np.ndarray, force: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One leapfrog step; the force at its end opens the next."""
        momentum = momentum - self.step_size / 2 * force
        position = position + self.step_size * momentum
        if self.boundary == "clip":
            position = np.clip(position, -1, 1)
        elif self.boundary == "reflect":
            # Unfolded, the walls mirror the line with period 4.
            y = np.mod(position + 1, 4)
            is_turned = y > 2
            position = np.where(is_turned, 3 - y, y - 1)
            momentum = np.where(is_turned, -momentum, momentum)
        force = self.force(states, position)
        momentum = momentum - self.step_size / 2 * force
        if self.tempering is not None:
            # Beyond K, in Algorithm 3, the last one serves.
            momentum = momentum * self.tempering[min(step, len(self.tempering) - 1)]
        return position, momentum, force

    def force(self, states: np.ndarray, position: np.ndarray) -> np.ndarray:
        """F in p ← p − ε/2·F, at actions or, for ``boundary: latent``, at u with a = tanh u; [rows, d]."""
        action = self._placed(position)
        _, gradient = self.surface(states, action)
        if self.boundary == "latent":
            gradient = gradient * (1 - action**2)
        if self.kind == "conventional":
            return -gradient / self.alpha * self.force_scale
        # The largest component first, so that no square under- or overflows; 0/0 is 0.
        largest = np.abs(gradient).max(axis=1, keepdims=True)
        shrunk = gradient / np.where(largest == 0, 1, largest)
        norm = np.linalg.norm(shrunk, axis=1, keepdims=True)
        g = -shrunk / np.where(norm == 0, 1, norm)
        inputs = np.concatenate([*([states] if self.reads_state else []), position, g], axis=1)
        gate = sigmoid(self.gate.forward(inputs, elu))
        return (gate * g + (1 - gate) * self.transform.forward(inputs, elu)) * self.force_scale

    # Algorithm 3

    def _begin(self, states: np.ndarray, episode_start: np.ndarray | bool | None) -> None:
        """Takes note of the first states of the episodes that begin."""
        if self._first is None or len(self._first) != len(states):
            self._first = states.copy()
        if episode_start is not None:
            starts = np.broadcast_to(np.asarray(episode_start, bool), (len(states),))
            self._first[starts] = states[starts]

    def _filtered(
        self, states: np.ndarray, mean: np.ndarray, latent: np.ndarray, draw: Callable[[tuple[int, ...]], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Leapfrog steps until Q̄_C(s, a) − Q̄_C(s, π_B(s)) ≤ (1 − γ)(d₀ − Q̄_C(s₀, π_B(s₀))), at most ``safe_leapfrog_steps``."""
        first_mean, _ = self.base_distribution(self._first)
        margin = (1 - self.gamma) * (self.cost_limit - self.target_cost(self._first, np.tanh(first_mean))[0])
        bound = self.target_cost(states, np.tanh(mean))[0] + margin
        momentum = draw(latent.shape)
        position = self._start(latent)
        force = self.force(states, position)
        is_open = np.ones(len(states), bool)
        for step in range(self.steps):
            moved, pushed, pull = self._advance(step, states, position, momentum, force)
            position, momentum, force = (
                np.where(is_open[:, None], new, old) for new, old in ((moved, position), (pushed, momentum), (pull, force))
            )
            is_open &= self.target_cost(states, self._placed(position))[0] > bound
            if not is_open.any():
                break
            if step + 1 < self.steps:
                momentum = momentum + draw(latent.shape) * is_open[:, None]
        return self._placed(position), ~is_open

    # Several candidates

    def _best_candidate(self, states: np.ndarray, deterministic: bool) -> np.ndarray:
        """The one with the highest min Q̄ (less λQ̄_C), of those that a filter accepts; the first candidate is noiseless."""
        best = np.zeros((len(states), self.action_size))
        highest = np.full(len(states), -np.inf)
        for index in range(self.candidates):
            action, accepted = self._propose(states, is_noisy=index > 0 or not deterministic)
            action = np.clip(action, -1, 1)
            value = np.where(accepted, self.targets(states, action)[0], -np.inf)
            # The first stands in where the filter accepts none.
            is_better = (value > highest) | (index == 0)
            best = np.where(is_better[:, None], action, best)
            highest = np.where(is_better, value, highest)
        return best

    # Iterative amortised policy optimisation

    def _iterate(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """μ_T and σ_T: the optimiser's T steps from μ = 0, σ = ½, with the noise that the run keeps."""
        rows, d = len(states), self.action_size
        mean, log_std = np.zeros((rows, d)), np.full((rows, d), np.log(0.5))
        for t in range(self.iterations):
            by_mean, by_log_std = self._objective_gradients(states, mean, log_std, self.iteration_noise[t])
            parts = [states, *(_standardized(z) for z in (mean, log_std, by_mean, by_log_std))]
            z = relu(self.trunk.forward(np.concatenate(parts, axis=1), relu))
            mean_head, mean_gate, std_head, std_gate = (z @ head.weight.T + head.bias for head in self.heads)
            mean = _mixed(mean, mean_head, mean_gate)
            log_std = _soft_bounded(_mixed(log_std, std_head, std_gate))
        return mean, np.exp(log_std)

    def _objective_gradients(
        self, states: np.ndarray, mean: np.ndarray, log_std: np.ndarray, noise: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """−∂V̂/∂μ and −∂V̂/∂log σ, V̂ the mean over samples of Q_β − α(log π + d log 2)."""
        std = np.exp(log_std)
        by_mean, by_log_std = np.zeros_like(mean), np.zeros_like(mean)
        for xi in noise:
            action = np.tanh(mean + std * xi)
            (q1, g1), (q2, g2) = (critic(states, action) for critic in self.critics)
            sign = np.sign(q1 - q2)[:, None]
            gradient = (g1 + g2) / 2 - self.acting_pessimism * sign * (g1 - g2) / np.sqrt(2)
            pull = (1 - action**2) * gradient - 2 * self.alpha * action
            by_mean -= pull / len(noise)
            by_log_std -= (std * xi * pull + self.alpha) / len(noise)
        return by_mean, by_log_std


def _iteration_noise(node: h5py.Group | h5py.Dataset, size: int) -> list[np.ndarray]:
    """ξ of each evaluation, [M, d]: one dataset [T, M, d], or one for each t."""
    if isinstance(node, h5py.Dataset):
        return [np.asarray(noise, np.float64).reshape(-1, size) for noise in node]
    return [np.asarray(node[name], np.float64).reshape(-1, size) for name in sorted(node, key=int)]


def _standardized(z: np.ndarray) -> np.ndarray:
    """Rows with mean 0 and deviation 1; equal components give exactly 0; one component stays as it is."""
    if z.shape[1] == 1:
        return z
    centred = z - z.mean(axis=1, keepdims=True)
    centred[(z == z[:, :1]).all(axis=1)] = 0
    return centred / (centred.std(axis=1, ddof=1, keepdims=True) + 1e-7)


def _mixed(old: np.ndarray, new: np.ndarray, gate: np.ndarray) -> np.ndarray:
    weight = sigmoid(gate)
    return weight * old + (1 - weight) * new


def _soft_bounded(log_std: np.ndarray, low: float = -10.0, high: float = 0.5) -> np.ndarray:
    log_std = high - np.logaddexp(0, high - log_std)
    return low + np.logaddexp(0, log_std - low)


def _networks_file(run: Path, *, best: bool, snapshot: int | None) -> Path:
    if run.is_file():
        if best or snapshot is not None:
            raise UsageError(f"'{run}' is a file; the best policy and snapshots are found by a run's folder")
        return run
    if not run.is_dir():
        raise UsageError(f"there is no run '{run}'")
    if best and snapshot is not None:
        raise UsageError("either the best policy or a snapshot, not both")
    if snapshot is not None:
        path = run / "snapshots" / f"step-{snapshot}.h5"
        if path.is_file():
            return path
        kept = sorted(int(file.stem[5:]) for file in run.glob("snapshots/step-*.h5") if file.stem[5:].isdigit())
        there = f"it has {', '.join(map(str, kept))}" if kept else "it has none (`--set snapshot_interval=…` keeps them)"
        raise UsageError(f"'{run}' has no snapshot of step {snapshot}; {there}")
    names = ["best.h5"] if best else ["checkpoint.h5", "best.h5"]
    for name in names:
        if (run / name).is_file():
            return run / name
    raise UsageError(f"'{run}' holds no policy yet: no {' and no '.join(names)}")
