"""The command line: what it prints, its errors in one line, its exit codes."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest
from conftest import COSTS, HOPPER

from hpo.cli import main


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_figure_prints_its_files_and_says_what_is_missing(mini: pathlib.Path, tmp_path: pathlib.Path, capsys) -> None:
    assert run("figure", mini, "--output", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"{tmp_path}/out/runs{name}" for name in (".png", ".pdf", "-raw.png", "-raw.pdf")]
    assert err == "hpo: HalfCheetah-v2: sac has no run with seed 1, which others have there\n"


def test_compare_prints_markdown_and_writes_all_three(mini: pathlib.Path, tmp_path: pathlib.Path, capsys) -> None:
    assert run("compare", mini, "--at", "3e2", "--output", tmp_path) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("Return at step 300: mean ± standard deviation over seeds")
    assert (tmp_path / "compare.md").read_text(encoding="utf-8") == out
    assert run("compare", mini, "--format", "csv") == 0
    assert capsys.readouterr().out.startswith("environment,algorithm,seeds,mean,std,iqm,iqm_low,iqm_high,seed_0")


def test_every_format_is_exported(tmp_path: pathlib.Path, capsys) -> None:
    for name in ("csv", "tensorboard", "minari"):
        assert run("export", HOPPER, "--format", name, "--output", tmp_path / name) == 0
    assert run("export", HOPPER, "--format", "onnx", "--output", tmp_path / "policy.onnx") == 0
    out, err = capsys.readouterr()
    assert "scalars in" in out and "minari.load_dataset('hpo/hopper-v2/sac-hpo-seed-0-v0')" in out and "onnxruntime's" in out and err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["figur", "runs"], 2, "invalid choice: 'figur'"),
        (["figure", "runs"], 2, "the following arguments are required: --output"),
        (["figure", "none", "--output", "x"], 2, "there is no folder 'none'"),
        (["figure", "plan.yaml", "--output", "x"], 2, "name the folder of the runs after the plan: python -m hpo figure plan.yaml runs"),
        (["figure", "a", "b", "c", "--output", "x"], 2, "figure takes a plan and a folder of runs, not 3 paths"),
        (["figure", "none.yaml", "none", "--output", "x"], 2, "the plan 'none.yaml' cannot be read"),
        (["compare", HOPPER, "--at", "soon"], 2, "argument --at: 'soon' is not a whole number"),
        (["export", HOPPER, "--format", "onnx", "--output", "x", "--follow"], 2, "--follow goes with --format tensorboard, not onnx"),
        (["export", HOPPER, "--format", "csv", "--output", "x", "--best"], 2, "--best goes with --format onnx, not csv"),
        (["export", HOPPER, "--format", "tensorboard", "--output", "x", "--interval", "0"], 2, "--interval must be more than 0"),
        (["export", COSTS, "--format", "onnx", "--output", "x"], 2, "filters its actions by how its episode began"),
        (["export", "none", "--format", "minari", "--output", "x"], 2, "'none' is no run with a history"),
        (["scatter", "none.h5", "--output", "x"], 2, "there is no file 'none.h5'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[object], code: int, message: str, capsys, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("hpo: ") and message in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_a_failure_in_one_line(mini: pathlib.Path, tmp_path: pathlib.Path, capsys) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert run("compare", mini, "--output", tmp_path / "file") == 1
    assert "compare.md' cannot be written: " in capsys.readouterr().err


def test_following_stops_at_ctrl_c_with_what_it_has(mini: pathlib.Path, tmp_path: pathlib.Path, write_run) -> None:
    folder = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    write_run(folder)
    # What a shell starts in the background inherits SIGINT ignored, and so would this child; no code runs between fork and exec for it,
    # since threads of this process may hold locks then.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "hpo", "export", folder, "--format", "tensorboard", "--output", tmp_path, "--follow"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    assert "scalars in" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0 and err == ""


def test_a_run_of_the_program_made_now_is_read(tmp_path: pathlib.Path) -> None:
    """The fixtures are recordings; this is today's program."""
    program = os.environ.get("HPO_PROGRAM", "")
    if not program or not shutil.which(program):
        pytest.skip("HPO_PROGRAM names no program: build it, or run `make test-python`")
    import hpo

    command = (
        "train Hopper --algorithm sac-hpo --steps 300 --evaluation-interval 100 --evaluation-episodes 2 --threads 1 --set hidden_size=16 "
        "--set batch_size=16 --set update_after=50 --set warmup_steps=50 --out"
    )
    subprocess.run([program, *command.split(), str(tmp_path)], check=True, stdout=subprocess.DEVNULL)
    folder = tmp_path / "Hopper-v2" / "sac-hpo" / "seed-0"
    data = hpo.load(tmp_path)
    assert data["step"].tolist() == [100, 200, 300] and data.attrs["notes"] == []
    policy = hpo.Policy(folder)
    evaluation = hpo.evaluate(policy, hpo.make_environment(policy), episodes=2)
    assert np_finite(evaluation.returns)
    for name in ("csv", "tensorboard", "minari", "onnx"):
        assert run("export", folder, "--format", name, "--output", tmp_path / f"out.{name}" if name == "onnx" else tmp_path / name) == 0


def np_finite(values) -> bool:
    import numpy as np

    return bool(np.isfinite(values).all())
