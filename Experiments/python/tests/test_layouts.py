"""The page of file layouts beside files that today's program writes."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess

import h5py
import pytest

PROGRAM = os.environ.get("HPO_PROGRAM", "")
PAGE = pathlib.Path(__file__).resolve().parents[3] / "Documentation" / "FileLayouts.md"


def names(node: h5py.Group) -> set[str]:
    """The last part of every dataset's name, and every attribute's but the settings beside networks."""
    found = set(node.attrs)

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) or len(item) == 0:
            found.add(name.split("/")[-1])
        if name != "networks":
            found.update(item.attrs)

    node.visititems(visit)
    return found


@pytest.mark.skipif(not shutil.which(PROGRAM or " "), reason="HPO_PROGRAM names no program: build it, or run `make test-python`")
@pytest.mark.parametrize("algorithm", ["sac-hpo", "safe-sac-hpo"])
def test_every_dataset_and_attribute_of_a_run_is_on_the_page(algorithm: str, tmp_path: pathlib.Path) -> None:
    settings = ["hidden_size=8", "batch_size=8", "warmup_steps=20", "update_after=20", "record_state=true", "snapshot_interval=60"]
    if algorithm == "safe-sac-hpo":
        settings.append("cost=paper")
    subprocess.run(
        [PROGRAM, "train", "Ant", "--algorithm", algorithm, "--steps", "120", "--evaluation-interval", "60", "--out", str(tmp_path), "--quiet"]
        + [part for setting in settings for part in ("--set", setting)],
        check=True,
    )
    text = PAGE.read_text(encoding="utf-8")
    known = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", text, flags=re.DOTALL))))
    (run,) = tmp_path.glob("*/*/seed-0")
    files = [*run.glob("*.h5"), *run.glob("snapshots/*.h5")]
    assert {file.name for file in files} == {
        "best.h5", "checkpoint.h5", "curve.h5", "replay.h5", "step-60.h5", "step-120.h5"
    }  # fmt: skip
    # Counts and sums of /progress are the program's own.
    for file in files:
        with h5py.File(file) as content:
            own = names(content["progress"]) if "progress" in content else set()
            missing = {name for name in names(content) - own if name not in known and not re.fullmatch(r"update_\d", name)}
            assert not missing, f"{file.name}: {sorted(missing)}"
