"""Files that are cut, overwritten, or hold something else than they should: one clear sentence each, never a traceback or a hang.

`HPO_FUZZ_SECONDS=600 make test-python` goes on with other cases for so long; `HPO_FUZZ_SEED` begins elsewhere.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import time
import warnings
from collections.abc import Callable

import h5py
import numpy as np
import pytest
from conftest import FIXTURES, HOPPER, cut

import hpo
from hpo.cli import main
from hpo.files import open_read
from hpo.minari_dataset import export_minari
from hpo.runs import TABLES, find, load
from hpo.scatter import read_actions
from hpo.tensorboard_events import scalars

CASES = int(os.environ.get("HPO_FUZZ_CASES", 24))
SECONDS = float(os.environ.get("HPO_FUZZ_SECONDS", 0))
SEED = int(os.environ.get("HPO_FUZZ_SEED", 0))

# What a file may be made into


def cut_short(file: pathlib.Path, generator: np.random.Generator) -> str:
    size = int(generator.integers(0, file.stat().st_size))
    os.truncate(file, size)
    return f"cut to {size} bytes"


def flip(file: pathlib.Path, generator: np.random.Generator) -> str:
    content = bytearray(file.read_bytes())
    # Where the structure is, more often than where the numbers are.
    end = len(content) if generator.random() < 0.5 else min(len(content), 3000)
    places = generator.integers(0, end, int(generator.integers(1, 9)))
    for place in places:
        content[place] ^= int(generator.integers(1, 256))
    file.write_bytes(content)
    return f"bytes {places.tolist()} flipped"


def blank(file: pathlib.Path, generator: np.random.Generator) -> str:
    content = bytearray(file.read_bytes())
    start = int(generator.integers(0, len(content)))
    length = int(generator.integers(1, 2000))
    content[start : start + length] = generator.choice([b"\0", b"\xff"]) * len(content[start : start + length])
    file.write_bytes(content)
    return f"{length} bytes from {start} overwritten"


STRANGE: list[Callable[[h5py.Group, str], object]] = [
    lambda group, name: group.create_group(name),
    lambda group, name: group.create_dataset(name, data="text"),
    lambda group, name: group.create_dataset(name, data=["some", "text"]),
    lambda group, name: group.create_dataset(name, data=1.5),
    lambda group, name: group.create_dataset(name, data=np.empty((0,))),
    lambda group, name: group.create_dataset(name, data=np.ones((2, 3, 4))),
    lambda group, name: group.create_dataset(name, data=np.array([-3, 2**62, -(2**63)])),
    lambda group, name: group.create_dataset(name, data=np.full(3, np.nan)),
    lambda group, name: group.create_dataset(name, data=np.full(3, 1 + 2j)),
    lambda group, name: group.create_dataset(name, data=np.zeros(3, dtype=[("a", "i4"), ("b", "f8")])),
    lambda group, name: group.create_dataset(name, shape=(10**13,), maxshape=(None,), dtype="f8", chunks=(1024,)),
    lambda group, name: group.create_dataset(name, data=h5py.Empty("f8")),
    lambda group, name: group.create_dataset(name, data=[group.ref], dtype=h5py.ref_dtype),
    lambda group, name: group.__setitem__(name, h5py.SoftLink("/nowhere")),
    lambda group, name: group.__setitem__(name, h5py.SoftLink(group.name)),
    lambda group, name: group.__setitem__(name, np.dtype("f8")),
]
STRANGE_ATTRIBUTES = [
    "text", b"\xff\xfe", "[1, 2", "steps: many", "steps: -1", "steps: [1]", "[a, b]", -7, 2**63, 1.5, np.nan, np.inf, [1, 2, 3], True,
    h5py.Empty("f4"), np.zeros((2, 2)), "", "steps: 1e400", "*x",
]  # fmt: skip


def replace(file: pathlib.Path, generator: np.random.Generator) -> str:
    with h5py.File(file, "r+") as opened:
        attributes, nodes = [("/", key) for key in opened.attrs], []

        def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
            nodes.append(name)
            attributes.extend((name, key) for key in node.attrs)

        opened.visititems(visit)
        if generator.random() < 0.4 and attributes:
            where, key = attributes[generator.integers(len(attributes))]
            value = STRANGE_ATTRIBUTES[generator.integers(len(STRANGE_ATTRIBUTES))]
            del opened[where].attrs[key]
            if generator.random() < 0.9:
                opened[where].attrs[key] = np.uint64(value) if isinstance(value, int) and value == 2**63 else value
                return f"attribute {key} of {where} made {value!r}"
            return f"attribute {key} of {where} taken away"
        name = nodes[generator.integers(len(nodes))]
        parent, last = opened[name].parent, name.rsplit("/", 1)[-1]
        del parent[last]
        index = int(generator.integers(-1, len(STRANGE)))
        if index >= 0:
            STRANGE[index](parent, last)
        return f"{name} made strange thing {index}"


WAYS = [cut_short, flip, blank, replace]


@pytest.fixture
def small(tmp_path: pathlib.Path) -> pathlib.Path:
    """A run with everything, beside one that is whole."""
    run = tmp_path / "runs" / "Hopper-v2" / "sac-hpo" / "seed-0"
    shutil.copytree(HOPPER, run)
    shutil.copytree(FIXTURES / "runs" / "mini" / "Hopper-v2" / "sac" / "seed-1", tmp_path / "runs" / "Hopper-v2" / "sac" / "seed-1")
    return run


@pytest.fixture
def marked(small: pathlib.Path, write_run) -> pathlib.Path:
    """The same, its curve's writer killed: the file says that it is being written."""
    writer = write_run(small)
    writer.append(3)
    writer.kill()
    assert find(small)[0].state == "killed"
    return small


def read_curve(run: pathlib.Path) -> None:
    folder = run.parents[2]
    for table in TABLES:
        data = load(folder, table, warn=False)
        # The whole one is there, whatever has become of the other.
        assert (data["algorithm"] == "sac").any()
        assert all("\n" not in note for note in data.attrs["notes"])
    for found in find(folder):
        if found.state not in ("empty", "damaged"):
            scalars(found)


def read_policy(run: pathlib.Path) -> None:
    policy = hpo.Policy(run)
    policy.predict(np.zeros(policy.observation_size))


def read_replay(run: pathlib.Path) -> None:
    export_minari(run, run.parents[2] / "datasets", "a/b-v0")


def read_action_file(run: pathlib.Path) -> None:
    read_actions(run / "actions.h5")


def write_action_file(run: pathlib.Path) -> None:
    generator = np.random.default_rng(0)
    with h5py.File(run / "actions.h5", "w", libver="latest") as file:
        file.attrs.update({"step": 100, "environment": "Hopper-v2", "algorithm": "sac-hpo", "seed": 0})
        for name in ("base_actions", "evolved_actions"):
            file[name] = generator.uniform(-1, 1, (50, 3)).astype(np.float32)
        file["dimensions"], file["state"] = [0, 2], np.zeros(11)
        file["grid_x"], file["grid_y"] = np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)
        file["min_q"] = generator.standard_normal((5, 7)).astype(np.float32)


def damage(run: pathlib.Path, name: str, read: Callable[[pathlib.Path], None], ways: list, seed: int) -> None:
    """Case after case: `name` damaged, `read`, put back."""
    whole = (run / name).read_bytes()
    end = time.monotonic() + SECONDS
    case = 0
    while case < CASES or time.monotonic() < end:
        generator = np.random.default_rng([seed, SEED, case])
        way = ways[case % len(ways)]
        (run / name).write_bytes(whole)
        what = way(run / name, generator)
        print(f"case {case} of {name}: {what}", flush=True)
        begun = time.monotonic()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(run)
        except hpo.HpoError as error:
            assert str(error).strip()
        except Exception as error:
            raise AssertionError(f"case {case} of {name}: {what}: {type(error).__name__}: {error}") from error
        assert time.monotonic() - begun < 30, f"case {case} of {name}: {what}: took {time.monotonic() - begun:.0f} s"
        shutil.rmtree(run.parents[2] / "datasets", ignore_errors=True)
        case += 1


def test_damaged_curves_are_left_out_and_the_others_read(small: pathlib.Path) -> None:
    damage(small, "curve.h5", read_curve, WAYS, 1)


def test_damaged_curves_that_a_killed_writer_left_are_too(marked: pathlib.Path) -> None:
    # Whoever changes such a file in place has to clear its mark: only bytes are damaged here.
    damage(marked, "curve.h5", read_curve, [cut_short, flip, blank], 2)


def test_damaged_policies_are_refused(small: pathlib.Path) -> None:
    damage(small, "checkpoint.h5", read_policy, WAYS, 3)


def test_damaged_replays_are_refused(small: pathlib.Path) -> None:
    damage(small, "replay.h5", read_replay, WAYS, 4)


def test_damaged_action_files_are_refused(small: pathlib.Path) -> None:
    write_action_file(small)
    damage(small, "actions.h5", read_action_file, WAYS, 5)


def test_a_cut_curve_with_a_writers_mark_is_damaged_at_once_and_not_waited_for(marked: pathlib.Path) -> None:
    """HDF5's own hundred attempts, each waiting twice as long as the one before, would never end."""
    curve = marked / "curve.h5"
    whole = curve.read_bytes()
    for size in (100, 1000, 3000, len(whole) // 2, len(whole) - 500):
        curve.write_bytes(whole[:size])
        begun = time.monotonic()
        (run,) = find(marked)
        assert run.state in ("damaged", "killed") and time.monotonic() - begun < 20
        if run.state == "damaged":
            assert run.problem.startswith("curve.h5 cannot be read (")


def test_a_file_that_this_process_has_open_is_read_too(small: pathlib.Path) -> None:
    with h5py.File(small / "curve.h5", "r"):
        file, is_marked = open_read(small / "curve.h5")
        with file:
            assert not is_marked and len(file["evaluation/step"]) == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: (f.__delitem__("evaluation/step"), f.create_group("evaluation/step")), "/evaluation/step is not rows of numbers"),
        (lambda f: f.attrs.__setitem__("seed", "zero"), "its attribute seed is 'zero'"),
        (lambda f: f.attrs.__setitem__("configuration", "steps: many"), "its configuration has 'many' for steps"),
        (lambda f: (f.__delitem__("update"), f.__setitem__("update", 3)), "/update is no group"),
    ],
    ids=["a group for steps", "a word for the seed", "words for steps", "a number for a group"],
)
def test_what_is_wrong_in_a_curve_is_named(small: pathlib.Path, change: Callable, sentence: str, capsys) -> None:
    with h5py.File(small / "curve.h5", "r+") as file:
        change(file)
    (note,) = [note for note in load(small.parents[2], warn=False).attrs["notes"] if "seed-0:" in note]
    assert note == f"{small}: curve.h5 cannot be read ({sentence}); left out"
    assert main(["export", str(small), "--format", "csv", "--output", str(small / "out")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and sentence in err


def test_columns_of_unequal_length_are_said(small: pathlib.Path) -> None:
    with h5py.File(small / "curve.h5", "r+") as file:
        values = file["evaluation/return_mean"][:2]
        del file["evaluation/return_mean"]
        file["evaluation/return_mean"] = values
    (note,) = [note for note in load(small, warn=False).attrs["notes"] if "seed-0:" in note]
    assert "evaluation cannot be read (/evaluation/return_mean has 2 rows where 3 belong together); left out" in note
    cut(small / "curve.h5", 1)
