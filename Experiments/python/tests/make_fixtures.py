"""Records what the tests compare with, by the program itself:

    HPO_PROGRAM=…/hpo python make_fixtures.py

``fixtures/runs/mini``: curves of tiny runs. ``fixtures/policies/<name>.h5``: networks with the actions that the program gives at
``/expected/observations``: by ``hpo probe`` with zero noise, which is the evaluation action; for the filtered agent, by a run whose
exploration has no noise left. ``fixtures/replays``: two runs' histories.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent / "fixtures"
PROGRAM = os.environ["HPO_PROGRAM"]
TINY = {
    "hidden_size": 16, "batch_size": 16, "update_after": 50, "warmup_steps": 50, "leapfrog_hidden_size": 8, "logging_interval": 100,
}
STATES = 64

#: Name, task, algorithm and settings; then what is changed afterwards so that walls are met: the factor on the critics' first
#: layers and on the policy's last.
POLICIES = {
    "sac": ("Hopper", "sac", {}, 1, 2),
    "clip": ("Walker2d", "sac-hpo", {"leapfrog_step_size": 0.5}, 5, 3),
    "reflect": ("Hopper", "sac-hpo", {"boundary": "reflect", "leapfrog_step_size": 0.9, "leapfrog_steps": 4}, 5, 3),
    "latent": ("Humanoid", "sac-hpo", {"boundary": "latent", "leapfrog_step_size": 0.7}, 5, 3),
    "online": ("Hopper-v5", "sac-hpo", {"hamiltonian_critic": "online", "leapfrog_state_input": "false"}, 5, 3),
    "conventional": ("Hopper", "baseline-1", {}, 3, 2),
    "conventional-latent": ("Walker2d", "baseline-1", {"boundary": "latent"}, 3, 2),
    "conventional-reflect": ("HalfCheetah", "baseline-1", {"boundary": "reflect"}, 3, 2),
    "flow-shared": ("Hopper", "sac-nf", {}, 1, 2),
    "flow-state": ("HalfCheetah", "sac-nf", {"temperature": "auto"}, 1, 2),
    "lagrangian": ("HalfCheetah", "sac-lagrangian", {}, 1, 2),
    "penalized": ("HalfCheetah", "sac-lagrangian+", {"training_policy": "proposed", "exploration_policy": "proposed"}, 5, 3),
}


def hpo(*arguments: object) -> None:
    subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def train(out: pathlib.Path, task: str, algorithm: str, seed: int = 0, steps: int = 300, **settings: object) -> pathlib.Path:
    pairs = [part for key, value in {**TINY, **settings}.items() for part in ("--set", f"{key}={value}")]
    hpo(
        "train", task, "--algorithm", algorithm, "--seed", seed, "--steps", steps, "--out", out, "--threads", 1,
        "--evaluation-interval", 100, "--evaluation-episodes", 2, "--checkpoint-interval", 100, *pairs,
    )  # fmt: skip
    return next(out.glob(f"*/{algorithm}/seed-{seed}"))


def copy(source: h5py.Group, target: h5py.Group) -> None:
    for key, value in source.attrs.items():
        if key != "host":
            target.attrs[key] = value
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            copy(item, target.create_group(name))
        else:
            target.create_dataset(name, data=item[()], **({"compression": "gzip"} if item.size > 400 else {}))


def keep(source: pathlib.Path, target: pathlib.Path, *groups: str) -> None:
    """A compact copy without the machine's name: the file's attributes and these groups, or everything."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(source, "r") as old, h5py.File(target, "w", libver="latest") as new:
        if not groups:
            copy(old, new)
            return
        for key, value in old.attrs.items():
            if key != "host":
                new.attrs[key] = value
        for name in groups:
            copy(old[name], new.create_group(name))


def probe(checkpoint: pathlib.Path, folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """Random states and the program's evaluation actions there."""
    with h5py.File(checkpoint) as file:
        n, d = (int(file["networks"].attrs[key]) for key in ("observation_size", "action_size"))
    states = np.random.default_rng(1).standard_normal((STATES, n)).astype(np.float32) * 2
    states[0] = 0
    with h5py.File(folder / "batch.h5", "w") as file:
        file["observations"] = file["next_observations"] = states
        file["rewards"] = file["terminals"] = file["costs"] = np.zeros(STATES, np.float32)
        names = ("actions", "policy_noise", "momentum_noise", "next_policy_noise", "next_momentum_noise")
        for name in names:
            file[name] = np.zeros((STATES, d), np.float32)
    hpo("probe", "--checkpoint", checkpoint, "--batch", folder / "batch.h5", "--output", folder / "result.h5")
    with h5py.File(folder / "result.h5") as file:
        return states, file["next_action"][:]


def record_policy(name: str, folder: pathlib.Path) -> None:
    task, algorithm, settings, critic_factor, policy_factor = POLICIES[name]
    run = train(folder / name, task, algorithm.rstrip("+"), **settings)
    checkpoint = run / "checkpoint.h5"
    with h5py.File(checkpoint, "r+") as file:
        networks = file["networks"]
        for network in networks:
            if "critic" in network:
                networks[network]["0/weight"][...] *= critic_factor
        last = max(networks["policy"], key=int)
        networks["policy"][last]["weight"][...] *= policy_factor
        if name == "penalized":
            networks.attrs["lambda"] = 1.5
    states, actions = probe(checkpoint, folder)
    target = HERE / "policies" / f"{name}.h5"
    keep(checkpoint, target, "networks")
    with h5py.File(target, "r+") as file:
        file["expected/observations"], file["expected/actions"] = states, actions


def record_filtered(folder: pathlib.Path) -> None:
    """Algorithm 3 through a run's own exploration, its noise taken out: σ = e⁻²⁰, momentum's deviation 1e-30, no updates; λ is 0."""
    settings = {
        "update_after": 100_000, "warmup_steps": 1, "momentum_std_exploration": "1e-30", "leapfrog_step_size": 0.3,
        # For several short episodes.
        "environment.healthy_z_range": "[0.45, 1]",
        # Episodes that end leave λ as it is.
        "multiplier_rate": "1e-30",
    }  # fmt: skip
    run = train(folder / "safe", "Ant", "safe-sac-hpo", steps=100, **settings)
    with h5py.File(run / "checkpoint.h5", "r+") as file:
        networks = file["networks"]
        last = networks["policy"][max(networks["policy"], key=int)]
        d = int(networks.attrs["action_size"])
        last["weight"][:d] *= 3
        last["weight"][d:] = 0
        last["bias"][d:] = -20
        for name in ("target_critic1", "target_critic2", "target_cost_critic"):
            networks[name]["0/weight"][...] *= 3
        # So that some actions are refused: the bound falls below what the mean action costs.
        networks["target_cost_critic/2/weight"][...] *= 20
        networks["target_cost_critic/2/bias"][...] += 40
    run = train(folder / "safe", "Ant", "safe-sac-hpo", steps=300, **settings)
    with h5py.File(run / "replay.h5") as file:
        part = slice(100, 300)
        states, actions = file["observations"][part], file["actions"][part]
        ends = (file["terminals"][:300].astype(bool) | file["timeouts"][:300].astype(bool))[99:299]
        first = int(np.flatnonzero(ends)[0])
    target = HERE / "policies" / "safe.h5"
    keep(run / "checkpoint.h5", target, "networks")
    with h5py.File(target, "r+") as file:
        # From the first episode that begins under the changed networks on.
        file["expected/observations"], file["expected/actions"] = states[first:], actions[first:]
        file["expected/episode_start"] = ends[first:]


def main() -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        record_filtered(folder)
        for task, algorithm, seeds in [
            ("Hopper", "sac-hpo", (0, 1, 2)), ("Hopper", "sac", (0, 1, 2)), ("HalfCheetah", "sac-hpo", (0, 1)), ("HalfCheetah", "sac", (0,)),
        ]:  # fmt: skip
            for seed in seeds:
                out = folder / f"{task}-{algorithm}-{seed}"
                run = train(out, task, algorithm, seed)
                target = HERE / "runs" / "mini" / run.relative_to(out)
                keep(run / "curve.h5", target / "curve.h5")
                if (task, algorithm, seed) == ("Hopper", "sac-hpo", 0):
                    for file in ("best.h5", "checkpoint.h5", "replay.h5"):
                        keep(run / file, target / file)
        run = train(folder / "costs", "Ant", "safe-sac-hpo", multiplier_rate=0.01)
        target = HERE / "runs" / "costs" / run.relative_to(folder / "costs")
        for file in ("curve.h5", "checkpoint.h5", "replay.h5"):
            keep(run / file, target / file)
        for policy in POLICIES:
            record_policy(policy, folder)


if __name__ == "__main__":
    main()
