"""Shared by the tests: recorded fixtures, copies of runs in every state, networks made up on the spot."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
import pytest

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
MINI = FIXTURES / "runs" / "mini"
HOPPER = MINI / "Hopper-v2" / "sac-hpo" / "seed-0"
COSTS = FIXTURES / "runs" / "costs" / "Ant-v2" / "safe-sac-hpo" / "seed-0"
POLICIES = sorted(path.stem for path in (FIXTURES / "policies").glob("*.h5"))


@pytest.fixture
def runs(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of all recorded runs: plans `mini` and `costs`."""
    return pathlib.Path(shutil.copytree(FIXTURES / "runs", tmp_path / "runs"))


@pytest.fixture
def mini(runs: pathlib.Path) -> pathlib.Path:
    """A copy of the plan `mini`'s runs."""
    return runs / "mini"


def cut(curve: pathlib.Path, rows: int) -> None:
    """Leaves the first evaluations, and what was before the last of them."""
    with h5py.File(curve, "r+") as file:
        end = file["evaluation/step"][rows - 1]
        for group in file.values():
            count = int((group["step"][:] <= end).sum())
            for name in list(group):
                values = group[name][:count]
                del group[name]
                group.create_dataset(name, data=values, maxshape=(None, *values.shape[1:]), chunks=True)


# A run's writer: one row of /evaluation for each line it reads; it holds the run's lock as the program does.
_WRITER = """
    import fcntl, os, socket, sys
    import h5py, numpy as np
    folder = sys.argv[1]
    lock = open(f"{folder}/.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(f"process {os.getpid()} on {socket.gethostname()}")
    lock.flush()
    file = h5py.File(f"{folder}/curve.h5", "r+", libver="latest", locking=False)
    file.swmr_mode = True
    group = file["evaluation"]
    print("ready", flush=True)
    for line in sys.stdin:
        rows = len(group["step"])
        last = group["step"][-1]
        for name in sorted(group, key=lambda name: name == "step"):
            data = group[name]
            data.resize(rows + 1, axis=0)
            data[rows] = last + 100 if name == "step" else float(line)
            data.flush()
        print("ok", flush=True)
"""


class Writer:
    """A process that is at a run and appends evaluations when told to."""

    def __init__(self, run: pathlib.Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_WRITER), str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "ready\n"

    def append(self, value: float) -> None:
        self.process.stdin.write(f"{value}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def kill(self) -> None:
        """As SIGKILL leaves it: the curve stays marked as being written."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def write_run() -> Iterator[Callable[[pathlib.Path], Writer]]:
    """Starts a writer at a run whose curve has only its first evaluation."""
    writers = []

    def start(run: pathlib.Path) -> Writer:
        cut(run / "curve.h5", 1)
        writers.append(Writer(run))
        return writers[-1]

    yield start
    for writer in writers:
        if writer.process.poll() is None:
            writer.kill()


def make_networks(path: pathlib.Path, *, n: int = 5, d: int = 3, seed: int = 0, **attributes: Any) -> pathlib.Path:
    """A file of random networks: sizes n and d, 12 hidden units; attributes over the usual ones.

    `layer_norm=True` gives critics LayerNorm; `algorithm="td3"` a deterministic policy; `iapo` iterative networks.
    """
    generator = np.random.default_rng(seed)
    layer_norm = attributes.pop("layer_norm", False)
    settings = {
        "environment": "Hopper-v2", "algorithm": "sac-hpo", "observation_size": n, "action_size": d, "training_policy": "proposed",
        "exploration_policy": "proposed", "boundary": "clip", "leapfrog_steps": 3, "leapfrog_step_size": 0.6, "alpha": 0.2,
        "momentum": "gaussian", "momentum_std_training": 0.5, "hamiltonian_critic": "target", "lambda": 0.0, "gamma": 0.99,
        **attributes,
    }  # fmt: skip

    def network(group: h5py.Group, name: str, sizes: list[int], norm: bool = False) -> None:
        for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            layer = group.create_group(f"{name}/{index}")
            layer["weight"] = (generator.standard_normal((outputs, inputs)) * 1.5 / np.sqrt(inputs)).astype(np.float32)
            layer["bias"] = generator.standard_normal(outputs).astype(np.float32) * 0.3
            if norm and index < len(sizes) - 2:
                layer["scale"] = 1 + 0.3 * generator.standard_normal(outputs).astype(np.float32)
                layer["shift"] = 0.3 * generator.standard_normal(outputs).astype(np.float32)

    with h5py.File(path, "w") as file:
        group = file.create_group("networks")
        group.attrs.update(settings)
        outputs = d if settings["algorithm"] == "td3" else 2 * d
        network(group, "policy", [n, 12, outputs])
        if settings["algorithm"] == "td3":
            network(group, "target_policy", [n, 12, outputs])
        for critic in ("critic1", "critic2", "target_critic1", "target_critic2"):
            network(group, critic, [n + d, 12, 12, 1], layer_norm)
        if settings.get("constraint", "none") != "none":
            for critic in ("cost_critic", "target_cost_critic"):
                network(group, critic, [n + d, 12, 12, 1], layer_norm)
        for part in ("leapfrog_transform", "leapfrog_gate"):
            network(group, part, [n + 2 * d, 6, d])
        if settings.get("tempering") == "learned":
            group["tempering/log_odds"] = np.array([0.3, -0.5, 1.0], np.float32)
        if settings["algorithm"] == "iapo":
            sizes = [n + 4 * d, 12, 12]
            network(group, "iterative", sizes)
            for index in range(2, 6):
                layer = group.create_group(f"iterative/{index}")
                layer["weight"] = generator.standard_normal((d, 12)).astype(np.float32) * 0.3
                layer["bias"] = generator.standard_normal(d).astype(np.float32) * 0.3
            group["iteration_noise"] = generator.standard_normal((settings["iterations"] + 1, 4, d)).astype(np.float32)
    return path
