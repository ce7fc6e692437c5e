"""Compares every number of `hpo probe` with automatic differentiation of the same formulas in double precision.

    python probe_check.py                 every case, a table, exit code 1 if any number differs
    python probe_check.py reflect latent  cases whose names hold one of these words
    python probe_check.py --list          the cases
    python probe_check.py --verbose       every quantity of every case
    python probe_check.py --self-test     falsifies one setting at a time on the Python side: each must be noticed

A case is a checkpoint by `hpo train` and a batch. A fresh checkpoint is of one step, its weights then made larger, the targets different
from the online networks, λ 0.7; its batch is random. A trained one is of 2000 steps, as it is; its batch comes from its replay memory. Rows
near a kink (a ReLU's zero, Q₁ = Q₂, a wall) are left out, where Float and Double may rightly differ; the tolerance stays tight.
"""

import argparse
import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import zlib

import h5py
import jax
import jax.numpy as jnp
import numpy as np

import formulas
import iapo
import td3

jax.config.update("jax_enable_x64", True)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# Largest difference within a quantity ÷ its largest magnitude. Float's unit is 1.2e-7; sums over 256 rows and units, three layers and three
# leapfrog steps make of it up to some 1e-5.
TOLERANCE = 2e-4

# `iapo` feeds its network standardised rows: those whose components are nearly equal have what differs, and its rounding, enlarged.
ITERATIVE_TOLERANCE = 1e-3

# See formulas.margins. Some hundred times what rounding moves a sum by.
MARGIN = 2e-5

# A quantity smaller than this has nothing to compare.
TINY = 1e-10


@dataclasses.dataclass
class Case:
    name: str
    algorithm: str
    environment: str = "HalfCheetah"
    rows: int = 256
    drawn: int | None = None  # rows to choose clear ones from; twice as many and 64 unless said
    trained: bool = False
    log_std: tuple = (-1.5, 0.5)  # of fresh policies, spread evenly over the components
    dead_critics: bool = False  # whether ∇Q = 0 for a part of the rows
    settings: dict = dataclasses.field(default_factory=dict)


def case(name, algorithm, environment="HalfCheetah", rows=256, trained=False, log_std=(-1.5, 0.5), dead_critics=False, drawn=None,
         **settings):
    return Case(name, algorithm, environment, rows, drawn, trained, log_std, dead_critics, settings)


SMALL = dict(hidden_size=24, leapfrog_hidden_size=8)

CASES = [
    case("sac", "sac"),
    case("sac-hopper-small", "sac", "Hopper", rows=37, **SMALL),
    case("sac-clamped-log-std", "sac", log_std=(-22, 4), hidden_size=64),
    case("sac-auto", "sac", temperature="auto", alpha=0.7),
    case("clip", "sac-hpo"),
    case("clip-hopper-K1-small", "sac-hpo", "Hopper", rows=37, leapfrog_steps=1, **SMALL),
    case("clip-one-row", "sac-hpo", "Hopper", rows=1, **SMALL),
    case("clip-long-steps", "sac-hpo", leapfrog_step_size=0.6, momentum_std_training=2, hidden_size=64),
    case("clip-clamped-log-std", "sac-hpo", log_std=(-22, 4), hidden_size=64),
    case("clip-dead-critics", "sac-hpo", dead_critics=True, hidden_size=8),
    case("reflect", "sac-hpo", boundary="reflect"),
    case("reflect-hopper-K1", "sac-hpo", "Hopper", boundary="reflect", leapfrog_steps=1),
    case("reflect-long-steps", "sac-hpo", boundary="reflect", leapfrog_step_size=1.5, momentum_std_training=2, hidden_size=64),
    case("latent", "sac-hpo", boundary="latent"),
    case("latent-hopper-K1-small", "sac-hpo", "Hopper", rows=37, boundary="latent", leapfrog_steps=1, **SMALL),
    case("latent-stateless-online", "sac-hpo", boundary="latent", leapfrog_state_input="false", hamiltonian_critic="online"),
    case("latent-dead-critics", "sac-hpo", dead_critics=True, boundary="latent", hidden_size=8),
    case("stateless", "sac-hpo", leapfrog_state_input="false"),
    case("stateless-reflect-hopper", "sac-hpo", "Hopper", leapfrog_state_input="false", boundary="reflect", **SMALL),
    case("online", "sac-hpo", hamiltonian_critic="online"),
    case("zero-momentum", "sac-hpo-zero-momentum"),
    case("zero-momentum-latent-hopper", "sac-hpo-zero-momentum", "Hopper", boundary="latent"),
    case("no-momentum-in-value", "sac-hpo", momentum_in_value="false"),
    case("auto", "sac-hpo", temperature="auto", alpha=0.5, momentum_std_exploration=3),
    case("two-policy-layers", "sac-hpo", "Hopper", policy_hidden_layers=2, leapfrog_hidden_size=64, hidden_size=100, rows=101),
    case("baseline-1", "baseline-1", leapfrog_step_size=0.02),
    case("baseline-1-latent", "baseline-1", boundary="latent", leapfrog_step_size=0.02),
    case("baseline-1-reflect-in-value", "baseline-1", "Hopper", boundary="reflect", momentum_in_value="true", leapfrog_step_size=0.02),
    case("baseline-1-online-K1", "baseline-1", "Hopper", hamiltonian_critic="online", leapfrog_steps=1, leapfrog_step_size=0.05),
    case("baseline-2", "baseline-2"),
    case("baseline-3", "baseline-3"),
    case("conventional-reflect", "baseline-1", boundary="reflect", leapfrog_step_size=0.1, hidden_size=64),
    case("conventional-latent-in-value", "baseline-1", "Hopper", boundary="latent", momentum_in_value="true", leapfrog_step_size=0.05, **SMALL),
    case("conventional-clip-long-steps", "baseline-1", "Walker2d", leapfrog_step_size=0.3, hidden_size=32),
    case("conventional-zero-momentum-auto", "baseline-1", "Hopper", boundary="reflect", momentum="zero", temperature="auto", alpha=0.4,
         leapfrog_step_size=0.05, hidden_size=64),
    case("flow", "sac-nf"),
    case("flow-hopper-shared", "sac-nf", "Hopper"),
    case("flow-one", "sac-nf", "Walker2d", rows=101, flows=1, hidden_size=64),
    case("flow-seven-shared-clamped", "sac-nf", "Walker2d", log_std=(-22, 4), flows=7, flow_std="shared", hidden_size=64),
    case("flow-ant", "sac-nf", "Ant", rows=101, hidden_size=32),
    case("flow-one-row-two-layers", "sac-nf", "Hopper", rows=1, flow_std="state", policy_hidden_layers=2, **SMALL),
    case("flow-auto", "sac-nf", temperature="auto", alpha=0.6, flows=2),
    case("lagrangian", "sac-lagrangian"),
    case("lagrangian-ant-auto", "sac-lagrangian", "Ant", temperature="auto", alpha=0.6, hidden_size=64),
    case("lagrangian-flow-velocity", "sac-lagrangian", "Hopper", exploration_policy="flow", training_policy="flow", cost="velocity"),
    case("safe", "safe-sac-hpo"),
    case("safe-ant-online", "safe-sac-hpo", "Ant", hamiltonian_critic="online", hidden_size=64),
    case("safe-reflect-auto", "safe-sac-hpo", boundary="reflect", temperature="auto", alpha=0.6),
    case("safe-latent-stateless", "safe-sac-hpo", boundary="latent", leapfrog_state_input="false", hidden_size=64),
    case("safe-zero-momentum-one-row", "safe-sac-hpo", momentum="zero", rows=1, **SMALL),
    case("safe-conventional", "sac-lagrangian", exploration_policy="conventional", training_policy="conventional", boundary="reflect",
         leapfrog_step_size=0.05, hidden_size=64),
    case("lagrangian-unnormalized-sum", "sac-lagrangian", "Ant", multiplier_normalizes="false", cost_kind="sum", hidden_size=64),
    case("safe-unnormalized-ant", "safe-sac-hpo", "Ant", multiplier_normalizes="false", hidden_size=64),
    case("safe-average-cheetah", "safe-sac-hpo", cost_kind="average", rows=101, hidden_size=64),
    case("none", "sac-hpo", boundary="none"),
    case("none-long-steps", "sac-hpo", "Hopper", boundary="none", leapfrog_step_size=1.5, momentum_std_training=2, hidden_size=64),
    case("none-conventional", "baseline-1", "Walker2d", boundary="none", leapfrog_step_size=0.1, hidden_size=32),
    case("mass", "sac-hpo", "Hopper", mass="consistent", momentum_std_training=0.6, momentum_std_exploration=2, hidden_size=64),
    case("mass-conventional-reflect", "baseline-1", "Hopper", mass="consistent", momentum_std_training=0.7, boundary="reflect",
         leapfrog_step_size=0.1, hidden_size=64),
    case("gain", "sac-hpo", "Hopper", exploration_gain=7.5, hidden_size=64),
    case("gain-matched-latent", "sac-hpo", "Walker2d", exploration_gain="matched", boundary="latent", hidden_size=64),
    case("gain-with-mass", "sac-hpo", "Walker2d", exploration_gain=0.3, mass="consistent", rows=101, hidden_size=64),
    case("tempering", "sac-hpo", tempering="learned"),
    case("tempering-K1-hopper", "sac-hpo", "Hopper", tempering="learned", leapfrog_steps=1, momentum_std_training=0.8, **SMALL),
    case("tempering-reflect-online", "sac-hpo", tempering="learned", boundary="reflect", hamiltonian_critic="online", hidden_size=64),
    case("tempering-latent-mass", "sac-hpo", "Walker2d", tempering="learned", boundary="latent", mass="consistent", hidden_size=64),
    case("tempering-none-long-auto", "sac-hpo", tempering="learned", boundary="none", leapfrog_steps=5, temperature="auto", alpha=0.6,
         hidden_size=64),
    case("tempering-safe", "safe-sac-hpo", "Ant", tempering="learned", hidden_size=64),
    case("normalized-sac", "sac", critic_normalization="layer"),
    case("normalized-clip", "sac-hpo", critic_normalization="layer"),
    case("normalized-latent-tempering", "sac-hpo", "Hopper", critic_normalization="layer", boundary="latent", tempering="learned", **SMALL),
    case("normalized-conventional", "baseline-1", "Hopper", critic_normalization="layer", leapfrog_step_size=0.05, hidden_size=64),
    case("normalized-safe", "safe-sac-hpo", "Ant", critic_normalization="layer", hidden_size=64),
    case("normalized-oac", "oac", critic_normalization="layer", rows=101, hidden_size=64),
    case("normalized-td3", "td3", "Hopper", critic_normalization="layer", rows=101, hidden_size=64),
    case("normalized-iapo", "iapo", "Hopper", critic_normalization="layer", rows=24, iterations=2, hidden_size=32),
    case("one-critic-layer", "sac-hpo", "Hopper", critic_hidden_layers=1, hidden_size=64),
    case("three-normalized-critic-layers", "sac", critic_hidden_layers=3, critic_normalization="layer", hidden_size=48),
    case("noisy", "sac-noise", "Hopper", hidden_size=64),
    case("oac", "oac"),
    case("oac-hopper-auto", "oac", "Hopper", temperature="auto", alpha=0.6, optimism=-1, exploration_kl=0.5, hidden_size=64),
    case("oac-clamped-log-std", "oac", log_std=(-22, 4), rows=101, hidden_size=64),
    case("oac-dead-critics", "oac", dead_critics=True, rows=101, hidden_size=8),
    case("td3", "td3"),
    case("td3-hopper-small", "td3", "Hopper", rows=37, target_noise=0.6, target_noise_clip=0.3, policy_delay=1, **SMALL),
    case("iapo", "iapo", rows=16, drawn=256),
    case("iapo-hopper-small", "iapo", "Hopper", rows=37, drawn=256, hidden_size=32),
    case("iapo-one-action-sample", "iapo", "Walker2d", rows=37, action_samples=1, iterations=3, hidden_size=48),
    case("iapo-one-component", "iapo", "InvertedPendulum", rows=37, drawn=256, hidden_size=32),
    case("iapo-auto-one-iteration", "iapo", "Hopper", rows=64, iterations=1, pessimism=0.5, temperature="auto", alpha=0.6, hidden_size=64),
    case("trained-sac", "sac", trained=True),
    case("trained-sac-hopper-auto", "sac", "Hopper", trained=True, temperature="auto"),
    case("trained-clip", "sac-hpo", trained=True),
    case("trained-clip-hopper", "sac-hpo", "Hopper", trained=True),
    case("trained-reflect", "sac-hpo", trained=True, boundary="reflect"),
    case("trained-latent-hopper", "sac-hpo", "Hopper", trained=True, boundary="latent"),
    case("trained-zero-momentum", "sac-hpo-zero-momentum", "Hopper", trained=True),
    case("trained-baseline-1", "baseline-1", "Hopper", trained=True),
    case("trained-baseline-2", "baseline-2", "Hopper", trained=True),
    case("trained-baseline-3-auto", "baseline-3", "Hopper", trained=True, temperature="auto"),
    case("trained-conventional-reflect", "baseline-1", "Walker2d", trained=True, boundary="reflect", hidden_size=64),
    case("trained-conventional-latent-auto", "baseline-1", "Walker2d", trained=True, boundary="latent", temperature="auto", hidden_size=64),
    case("trained-flow", "sac-nf", trained=True, hidden_size=64),
    case("trained-flow-shared-auto", "sac-nf", "Hopper", trained=True, temperature="auto", hidden_size=64),
    case("trained-lagrangian", "sac-lagrangian", "Ant", trained=True, cost_limit=1, hidden_size=64),
    case("trained-lagrangian-auto", "sac-lagrangian", trained=True, cost_limit=0.01, temperature="auto", hidden_size=64),
    case("trained-safe", "safe-sac-hpo", "Ant", trained=True, cost_limit=1, hidden_size=64),
    case("trained-lagrangian-unnormalized", "sac-lagrangian", "Ant", trained=True, multiplier_normalizes="false", cost_limit=1,
         hidden_size=64),
    case("trained-none", "sac-hpo", trained=True, boundary="none", hidden_size=64),
    case("trained-mass-gain", "sac-hpo", "Hopper", trained=True, mass="consistent", exploration_gain=2, hidden_size=64),
    case("trained-tempering", "sac-hpo", trained=True, tempering="learned", hidden_size=64),
    case("trained-tempering-hopper-reflect", "sac-hpo", "Hopper", trained=True, tempering="learned", boundary="reflect",
         exploration_gain="matched", hidden_size=64),
    case("trained-normalized", "sac-hpo", "Hopper", trained=True, critic_normalization="layer", hidden_size=64),
    case("trained-noisy", "sac-noise", "Hopper", trained=True, hidden_size=64),
    case("trained-oac", "oac", trained=True, hidden_size=64),
    case("trained-td3", "td3", trained=True, hidden_size=64),
    case("trained-td3-hopper-normalized", "td3", "Hopper", trained=True, critic_normalization="layer", hidden_size=64),
    case("trained-iapo", "iapo", "Hopper", rows=37, drawn=256, trained=True, hidden_size=32),
    case("trained-iapo-auto", "iapo", "Walker2d", rows=24, drawn=256, trained=True, temperature="auto", iterations=3, hidden_size=32),
    case("trained-safe-velocity-latent", "safe-sac-hpo", "Hopper", trained=True, cost="velocity", cost_limit=0.01, boundary="latent",
         hidden_size=64),
    case("trained-safe-reflect-auto", "safe-sac-hpo", trained=True, cost_limit=0.01, boundary="reflect", temperature="auto", hidden_size=64),
]


class Failure(Exception):
    pass


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(str(word) for word in command)}: exit code {done.returncode}\n{done.stderr.strip()}")


def formulas_for(networks):
    """The module that knows an agent of these networks."""
    return iapo if "iterative" in networks else td3 if "target_policy" in networks else formulas


# Checkpoints and batches

def make_checkpoint(hpo, case, folder):
    """The path of the case's checkpoint; trains it if it is not there yet."""
    existing = sorted(folder.glob("*/*/*/checkpoint.h5"))
    if existing:
        return existing[0]
    options = dict(evaluation_interval=1_000_000, checkpoint_interval=1_000_000, **case.settings)
    if case.trained:
        options |= dict(warmup_steps=500, update_after=500)
    run(hpo, "train", case.environment, "--algorithm", case.algorithm, "--steps", 2000 if case.trained else 1,
        "--evaluation-episodes", 1, "--name", "check", "--out", folder, *(f"--set={key}={value}" for key, value in options.items()))
    checkpoint, = folder.glob("*/*/*/checkpoint.h5")
    if not case.trained:
        with h5py.File(checkpoint, "r+") as file:
            enlarge(file["networks"], case)
    return checkpoint


def enlarge(networks, case):
    """Makes the weights of fresh networks large enough for every term to count."""
    random = np.random.default_rng(zlib.crc32(case.name.encode()))

    def change(name, scale, bias):
        for index in networks[name]:
            layer = networks[name][index]
            layer["weight"][...] = scale * layer["weight"][...]
            layer["bias"][...] = scale * layer["bias"][...] + bias * random.standard_normal(layer["bias"].shape)
            if "scale" in layer:
                layer["scale"][...] = random.uniform(0.5, 1.5, layer["scale"].shape)
                layer["shift"][...] = 0.3 * random.standard_normal(layer["shift"].shape)

    def follow_at_a_distance(online, target):
        for index in networks[online]:
            for part, values in networks[online][index].items():
                values = values[...]
                spread = np.std(values) if values.size > 1 else 1
                networks[target][index][part][...] = values + 0.2 * spread * random.standard_normal(values.shape)

    if networks.attrs.get("constraint", "none") not in ("none", b"none"):
        networks.attrs["lambda"] = 0.7
    for name in networks:
        if name in ("critic1", "critic2", "cost_critic"):
            change(name, 2, 0.2)
        elif name == "flow":
            for flow in networks[name].values():
                for part in flow.values():
                    part[...] = part[...] + 0.7 * random.standard_normal(part.shape)
        elif name == "policy_std":
            log_std = networks[name]["log_std"]
            log_std[...] = np.linspace(*case.log_std, log_std.shape[0])
        elif name == "tempering":
            log_odds = networks[name]["log_odds"]
            log_odds[...] = np.linspace(1.5, -0.5, log_odds.shape[0])
        elif name == "iterative":
            change(name, 1.5, 0.1)
            for head in sorted(networks[name], key=int)[2:]:
                weight = networks[name][head]["weight"]
                weight[...] = 1.5 * random.standard_normal(weight.shape) / np.sqrt(weight.shape[1])
        elif "0" in networks[name] and not name.startswith("target"):
            change(name, 2, 0.1)
    for name in ("critic1", "critic2", "cost_critic"):
        if name in networks and case.dead_critics:
            networks[name]["1/bias"][...] -= 0.3 * np.abs(networks[name]["1/weight"][...]).sum(axis=1).mean()
    for name in networks:
        if name.startswith("target_"):
            follow_at_a_distance(name.removeprefix("target_"), name)
    if formulas_for(networks) is formulas and "policy_std" not in networks:
        last = networks["policy"][max(networks["policy"], key=int)]["bias"]
        d = last.shape[0] // 2
        last[d:] = np.linspace(*case.log_std, d)


def read_checkpoint(path):
    """Settings and networks as formulas.py wants them, in double precision."""
    def plain(value):
        return value.decode() if isinstance(value, bytes) else value.item() if isinstance(value, np.generic) else value

    with h5py.File(path) as file:
        settings = {key: plain(value) for key, value in file["networks"].attrs.items()}
        numbered = lambda group: [group[index] for index in sorted(group, key=int)]
        networks = {}
        for name, group in file["networks"].items():
            if name in ("policy_std", "tempering"):
                networks[name] = {part: np.float64(group[part][...]) for part in group}
            elif name == "flow":
                networks[name] = [{part: np.float64(flow[part][...]) for part in flow} for flow in numbered(group)]
            elif "0" in group:
                parts = ("weight", "bias", "scale", "shift")
                networks[name] = [tuple(np.float64(layer[part][...]) for part in parts if part in layer) for layer in numbered(group)]
    return settings, networks


def draw_batch(case, settings, networks, checkpoint):
    """Rows clear of every kink, as float32 values in double precision; and the share of rows that were clear."""
    random = np.random.default_rng(zlib.crc32(case.name.encode()) + 1)
    n, d = settings["observation_size"], settings["action_size"]
    count = case.drawn or 2 * case.rows + 64
    batch = {}
    module = formulas_for(networks)
    safe = module is formulas and formulas.is_safe(settings)
    if safe and not settings["lambda"] > 0:
        raise Failure("λ is 0, which leaves the cost out of the objective")
    if case.trained:
        with h5py.File(checkpoint.with_name("replay.h5")) as replay:
            rows = random.integers(len(replay["rewards"]), size=count)
            for name in ("observations", "actions", "rewards", "next_observations", "terminals") + (("costs",) if safe else ()):
                batch[name] = replay[name][...][rows]
    else:
        batch["observations"] = random.standard_normal((count, n))
        batch["actions"] = random.uniform(-1, 1, (count, d))
        batch["rewards"] = 3 * random.standard_normal(count)
        batch["next_observations"] = random.standard_normal((count, n))
        batch["terminals"] = random.uniform(size=count) < 0.3
        if safe:
            batch["costs"] = random.uniform(size=count)
    noise = {name: random.standard_normal(shape) for name, shape in module.noise_shapes(settings, count).items()}
    batch = {name: np.float64(np.float32(values)) for name, values in (batch | noise).items()}
    clear = np.asarray(module.margins(settings, networks, batch)) > MARGIN
    if clear.sum() < case.rows:
        raise Failure(f"only {clear.sum()} of {count} rows are clear of kinks, {case.rows} are needed")
    chosen = np.flatnonzero(clear)[:case.rows]
    # Noise of several draws per row has the rows last but one.
    batch = {name: values[chosen] if values.ndim < 3 else values[:, :, chosen] for name, values in batch.items()}
    if case.dead_critics:
        path = formulas.act(settings, networks, batch["observations"], batch["policy_noise"], batch["momentum_noise"])
        slopes = formulas.uphill({**settings, "boundary": "clip"}, formulas.hamiltonian_critic(settings, networks),
                                 batch["observations"], path["base"])
        dead = np.mean(np.all(np.asarray(slopes) == 0, axis=1))
        if not 0.1 < dead < 0.9:
            raise Failure(f"∇Q is zero in {dead:.0%} of the rows, which tests little")
    return batch, clear.mean()


def write_batch(batch, path, booleans):
    with h5py.File(path, "w") as file:
        for name, values in batch.items():
            file[name] = values.astype(bool) if booleans and name == "terminals" else np.float32(values)


def read_output(path):
    result = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: result.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return result


# Comparison

def error(found, expected, scale=TINY):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    return np.abs(found - expected).max() / max(np.abs(expected).max(), scale)


def errors(found, expected):
    """Per quantity; a missing or an additional one is infinitely wrong."""
    result = {}
    for name in sorted(found.keys() | expected.keys()):
        if name not in found or name not in expected:
            result[name] = float("inf")
        elif name.endswith("/bias") and expected[name].size == 1:
            # A critic's last: one sum over the batch, which may cancel to next to nothing. It has the scale of its layer's weights.
            weights = np.abs(np.asarray(expected[name.removesuffix("bias") + "weight"]))
            result[name] = error(found[name], expected[name], weights.mean())
        else:
            result[name] = error(found[name], expected[name])
    return result


def exactness(settings, networks, batch, result):
    """How far the gradients are from those without stop_gradient, and from a central difference along one random direction.

    The first only for actions that are evolved, where ∇Q is held. Where it is held although it is no constant (latent space, normalised
    critics), or other things are held by definition (iterations), neither needs to agree.
    """
    module = formulas_for(networks)
    if module is iapo or module is formulas and formulas.holds_gradient_by_definition(settings):
        return None, None
    trained = {name: networks[name] for name in module.trained_by_policy_loss(settings)}
    unstopped = None
    if module is formulas and formulas.is_evolved(settings):
        loss = lambda trained: formulas.policy_loss(trained, settings, networks, batch, constant=False)
        whole = formulas.flat(jax.grad(loss)(trained))
        unstopped = max(error(result[name], value) for name, value in whole.items())

    random = np.random.default_rng(0)
    direction = jax.tree.map(lambda x: random.standard_normal(x.shape) * np.abs(x).mean(), trained)
    h = 1e-7
    at = lambda h: module.policy_loss(jax.tree.map(lambda x, v: x + h * v, trained, direction), settings, networks, batch)
    difference = (at(h) - at(-h)) / (2 * h)
    slope = sum(jnp.vdot(result[name], v) for name, v in formulas.flat(direction).items())
    size = sum(jnp.vdot(jnp.abs(result[name]), jnp.abs(v)) for name, v in formulas.flat(direction).items())
    return unstopped, abs(difference - slope) / size


def in_single_precision(settings, networks, batch):
    single = lambda tree: jax.tree.map(np.float32, tree)
    return formulas_for(networks).probe(settings, single(networks), single(batch))


@dataclasses.dataclass
class Comparison:
    tolerance: float
    errors: dict
    single: dict
    smallest: float
    unstopped: float | None
    difference: float | None
    clear: float

    @property
    def passed(self):
        return max(self.errors.values()) <= self.tolerance and max(self.unstopped or 0, self.difference or 0) <= 1e-5

    def worst(self, choose):
        return max((value for name, value in self.errors.items() if choose(name)), default=float("nan"))


def prepare(hpo, case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = make_checkpoint(hpo, case, folder)
    settings, networks = read_checkpoint(checkpoint)
    batch, clear = draw_batch(case, settings, networks, checkpoint)
    write_batch(batch, folder / "batch.h5", booleans=case.trained)
    run(hpo, "probe", "--checkpoint", checkpoint, "--batch", folder / "batch.h5", "--output", folder / "result.h5")
    return settings, networks, batch, clear, read_output(folder / "result.h5")


def compare(hpo, case, folder):
    settings, networks, batch, clear, found = prepare(hpo, case, folder)
    module = formulas_for(networks)
    expected = module.probe(settings, networks, batch)
    unstopped, difference = exactness(settings, networks, batch, expected)
    return Comparison(
        ITERATIVE_TOLERANCE if module is iapo else TOLERANCE, errors(found, expected), errors(in_single_precision(settings, networks, batch), expected),
        min(float(np.abs(value).max()) for value in expected.values()), unstopped, difference, clear)


# Falsified settings: (key, what it becomes), on cases where it must show
FALSIFIED = [
    ("sac", "alpha", lambda x: 1.002 * x),
    ("sac", "gamma", lambda x: x - 0.002),
    ("clip", "alpha", lambda x: 1.002 * x),
    ("clip", "leapfrog_step_size", lambda x: 1.002 * x),
    ("clip", "leapfrog_steps", lambda x: x - 1),
    ("clip", "momentum_std_training", lambda x: 1.002 * x),
    ("clip", "momentum", lambda x: "zero"),
    ("clip", "momentum_in_value", lambda x: 0),
    ("clip", "boundary", lambda x: "reflect"),
    ("clip", "boundary", lambda x: "latent"),
    ("clip", "hamiltonian_critic", lambda x: "online"),
    ("clip", "training_policy", lambda x: "conventional"),
    ("reflect", "boundary", lambda x: "clip"),
    ("latent", "boundary", lambda x: "clip"),
    ("baseline-1", "leapfrog_step_size", lambda x: 1.002 * x),
    ("baseline-1", "momentum_in_value", lambda x: 1),
    ("conventional-reflect", "boundary", lambda x: "clip"),
    ("flow-one", "alpha", lambda x: 1.002 * x),
    ("lagrangian", "lambda", lambda x: 1.002 * x),
    ("lagrangian", "gamma", lambda x: x - 0.002),
    ("safe", "lambda", lambda x: 1.002 * x),
    ("safe", "hamiltonian_critic", lambda x: "online"),
    ("safe", "multiplier_normalizes", lambda x: 0),
    ("lagrangian", "multiplier_normalizes", lambda x: 0),
    ("safe-unnormalized-ant", "cost_kind", lambda x: "sum"),
    ("safe-unnormalized-ant", "cost_limit", lambda x: 1.002 * x),
    ("none-long-steps", "boundary", lambda x: "clip"),
    ("mass", "mass", lambda x: "unit"),
    ("gain", "exploration_gain", lambda x: 1.002 * x),
    ("gain-matched-latent", "exploration_gain", lambda x: 1),
    ("noisy", "momentum_std_exploration", lambda x: 1.002 * x),
    ("oac", "optimism", lambda x: 1.01 * x),
    ("oac", "exploration_kl", lambda x: 1.002 * x),
    ("td3", "target_noise", lambda x: 1.002 * x),
    ("td3", "target_noise_clip", lambda x: 0.99 * x),
    ("iapo", "alpha", lambda x: 1.005 * x),
    ("iapo", "pessimism", lambda x: 1.005 * x),
]


def self_test(hpo, work):
    unnoticed = 0
    prepared = {}
    for name, key, falsify in FALSIFIED:
        if name not in prepared:
            prepared[name] = prepare(hpo, next(case for case in CASES if case.name == name), work / name)
        settings, networks, batch, _, found = prepared[name]
        falsified = {**settings, key: falsify(settings[key])}
        worst = max(errors(found, formulas_for(networks).probe(falsified, networks, batch)).values())
        tolerance = ITERATIVE_TOLERANCE if formulas_for(networks) is iapo else TOLERANCE
        unnoticed += worst <= tolerance
        print(f"{name:12} {key} {settings[key]} taken as {falsified[key]}: {worst:.1e}"
              + ("" if worst > tolerance else "  NOT NOTICED"), flush=True)
    return unnoticed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of case names; without any, every case")
    parser.add_argument("--hpo", type=pathlib.Path, default=REPOSITORY / ".build/release/hpo", help="the program to check")
    parser.add_argument("--work", type=pathlib.Path, help="where checkpoints are kept and found again (default: a temporary folder)")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if not arguments.words or any(word in case.name for word in arguments.words)]
    if arguments.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen:
        parser.error(f"no case is called anything like {' or '.join(arguments.words)}; --list shows the names")
    if not arguments.hpo.exists():
        parser.error(f"there is no '{arguments.hpo}'; `make build` makes it, --hpo names another")

    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or pathlib.Path(temporary)
        if arguments.self_test:
            return 0 if self_test(arguments.hpo, work) else 1
        failed = []
        print("Largest relative differences. Float: the Python side's own, in single precision. Unstopped, slope: the Python gradients\n"
              "against those with ∇Q not held constant, and against central differences. Smallest: magnitude of the smallest quantity.\n")
        print(f"{'case':28} {'values':>8} {'losses':>8} {'gradients':>9} {'Float':>8} {'unstopped':>9} {'slope':>8} {'smallest':>8} {'clear':>6}")
        for case in chosen:
            try:
                result = compare(arguments.hpo, case, work / case.name)
            except Failure as failure:
                print(f"{case.name:28} FAILED: {failure}", flush=True)
                failed.append(case.name)
                continue
            number = lambda value, width: f"{'–' if value is None else format(value, '.1e'):>{width}}"
            is_gradient = lambda name: name.startswith("gradients/")
            is_loss = lambda name: name.endswith("_loss")
            print(f"{case.name:28} {number(result.worst(lambda name: not is_gradient(name) and not is_loss(name)), 8)} "
                  f"{number(result.worst(is_loss), 8)} {number(result.worst(is_gradient), 9)} "
                  f"{number(max(result.single.values()), 8)} {number(result.unstopped, 9)} {number(result.difference, 8)} "
                  f"{number(result.smallest, 8)} {result.clear:6.0%}" + ("" if result.passed else "  DIFFERS"), flush=True)
            if not result.passed:
                failed.append(case.name)
            for name, value in result.errors.items():
                if arguments.verbose or value > result.tolerance:
                    print(f"    {name:44} {value:.1e}   (Float {result.single.get(name, float('nan')):.1e})")
        print(f"\n{len(chosen) - len(failed)} of {len(chosen)} cases agree within {TOLERANCE}, iapo's within {ITERATIVE_TOLERANCE}."
              + (f" Not: {', '.join(failed)}." if failed else ""))
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
