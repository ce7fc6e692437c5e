"""Studies: plans, and small real ones with today's program."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import optuna
import pandas as pd
import pytest
import yaml

import hpo
from hpo.errors import HpoError, UsageError
from hpo.study import Choice, Range, Stopped, StudyPlan, load_study_plan, run_study, trials_table

PROGRAM = os.environ.get("HPO_PROGRAM", "")
needs_program = pytest.mark.skipif(not shutil.which(PROGRAM or " "), reason="HPO_PROGRAM names no program: build it, or run `make test-python`")

TEXT = """
name: small
environment: InvertedPendulum
algorithm: sac
steps: 400
settings: {hidden_size: 16, batch_size: 16, warmup_steps: 50, update_after: 50, evaluation_interval: 100, evaluation_episodes: 2}
space:
  learning_rate: {low: 1e-4, high: 1e-2, log: true}
  gamma: [0.9, 0.99]
  policy_hidden_layers: {low: 1, high: 2}
since: 200
trials: 4
startup_trials: 2
"""


def write(folder: pathlib.Path, text: str = TEXT) -> pathlib.Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_study_is_read_with_its_space(tmp_path: pathlib.Path) -> None:
    plan = load_study_plan(write(tmp_path))
    assert (plan.environment, plan.algorithm, plan.steps, plan.seeds, plan.since) == ("InvertedPendulum-v2", "sac", 400, (0,), 200)
    assert plan.space == {
        "learning_rate": Range(1e-4, 1e-2, log=True), "gamma": Choice((0.9, 0.99)), "policy_hidden_layers": Range(1, 2),
    }  # fmt: skip
    shipped = pathlib.Path(__file__).resolve().parents[1] / "studies" / "inverted-pendulum.yaml"
    assert load_study_plan(shipped).trials == 12


def test_suggestions_are_of_the_spaces_kinds() -> None:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    values = [Range(1, 8).suggest(trial, "a"), Range(0.5, 1, step=0.25).suggest(trial, "b"), Choice(("x", "y")).suggest(trial, "c")]
    assert isinstance(values[0], int) and values[1] in (0.5, 0.75, 1.0) and values[2] in ("x", "y")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("environment: InvertedPendulum", ""), "'environment' is missing"),
        (("InvertedPendulum", "InvertedPendlum"), "unknown environment 'InvertedPendlum'. Did you mean 'InvertedPendulum'?"),
        (("space:", "spaces:"), "unknown key 'spaces'. Did you mean 'space'?"),
        (("trials: 4", "trials: 0"), "'trials' is a whole number of 1 or more, not '0'"),
        (("since: 200", "since: 500"), "'since' is 500, beyond the run's 400 steps"),
        (("low: 1e-4", "low: 1"), "'space.learning_rate' goes from 1 to 0.01; low must be below high"),
        (("low: 1e-4", "low: 0"), "'space.learning_rate' is logarithmic: low must be above 0"),
        (("log: true", "log: true, steps: 2"), "unknown key 'space.learning_rate.steps'. Did you mean 'step'?"),
        (("gamma: [0.9, 0.99]", "gamma: 0.9"), "'space.gamma' is a list of values, or"),
        (("gamma:", "batch_size:"), "'batch_size' is in settings and in space"),
        (("gamma:", "seed:"), "'seed' is the study's own"),
        (("trials: 4", "pruner: medium"), "'pruner' is one of median, halving, hyperband, none, not 'medium'. Did you mean 'median'?"),
        (("name: small", "{"), "not YAML"),
    ],
)
def test_a_mistake_in_a_study_is_told_with_file_and_key(tmp_path: pathlib.Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_study_plan(write(tmp_path, TEXT.replace(*change)))
    assert "small.yaml: " in str(caught.value) and message in str(caught.value)


def quietly(_: str) -> None:
    pass


@needs_program
def test_a_study_trains_its_trials_and_keeps_the_best(tmp_path: pathlib.Path) -> None:
    lines: list[str] = []
    study = run_study(write(tmp_path), tmp_path / "runs", jobs=2, say=lines.append)
    folder = tmp_path / "runs" / "small"
    table = pd.read_csv(folder / "trials.csv")
    assert table["trial"].tolist() == [0, 1, 2, 3] and set(table["state"]) <= {"complete", "pruned"}
    # Every trial is a run like any other, and its value is its curve's: the mean from step 200 on.
    data = hpo.load(folder, warn=False)
    for trial in study.get_trials(states=[optuna.trial.TrialState.COMPLETE]):
        rows = data[(data["variant"] == f"trial-{trial.number}") & (data["step"] >= 200)]
        assert trial.value == pytest.approx(rows["return"].mean()) and rows["step"].tolist() == [200, 300, 400]
        (run,) = [run for run in hpo.find(folder) if run.variant == f"trial-{trial.number}"]
        assert {key: run.settings[key] for key in trial.params} == pytest.approx(trial.params)
    best = yaml.safe_load((folder / "best.yaml").read_text(encoding="utf-8"))
    assert best["algorithm"] == "sac" and best["gamma"] == study.best_params["gamma"]
    assert lines[-1].startswith(f"best: trial {study.best_trial.number}, return ")
    # What is there already counts: nothing is trained again, and more trials are added to it.
    before = [path.stat().st_mtime_ns for path in sorted(folder.rglob("curve.h5"))]
    assert len(run_study(write(tmp_path), tmp_path / "runs", say=quietly).trials) == 4
    assert [path.stat().st_mtime_ns for path in sorted(folder.rglob("curve.h5"))] == before
    assert len(run_study(write(tmp_path), tmp_path / "runs", trials=5, say=quietly).trials) == 5
    with pytest.raises(UsageError, match=r"began with another steps \(400, now 500\); give this one another name"):
        run_study(write(tmp_path, TEXT.replace("steps: 400", "steps: 500")), tmp_path / "runs", say=quietly)


@needs_program
def test_a_killed_study_goes_on_where_its_runs_stopped(tmp_path: pathlib.Path) -> None:
    text = TEXT.replace("steps: 400", "steps: 1200").replace("trials: 4", "trials: 2\npruner: none")
    command = [sys.executable, "-m", "hpo", "study", write(tmp_path, text), "--out", tmp_path / "runs", "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    folder = tmp_path / "runs" / "small"
    end = time.monotonic() + 120
    while time.monotonic() < end:
        # Killed while it is at work: some evaluations are there, not all.
        reached = [run.step for run in hpo.find(folder)] if folder.is_dir() else []
        if len(reached) == 2 and min(reached) >= 200:
            break
        time.sleep(0.05)
    process.kill()
    process.communicate()
    # Its runs notice that nobody holds their input, save and end by themselves.
    again = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert again.returncode == 0 and again.stderr == ""
    assert again.stdout.startswith("trial 0: going on\ntrial 1: going on\n") and "2 trials, 2 complete" in again.stdout
    data = hpo.load(folder, warn=False)
    assert data.groupby("variant")["step"].apply(list).tolist() == [list(range(100, 1201, 100))] * 2
    # Bit for bit what an undisturbed study trains.
    run_study(write(tmp_path, text), tmp_path / "whole", jobs=2, say=quietly)
    whole = hpo.load(tmp_path / "whole" / "small", warn=False)
    pd.testing.assert_series_equal(data["return"], whole["return"])


@needs_program
def test_a_stopped_study_leaves_its_trials_at_work_for_the_next_time(tmp_path: pathlib.Path) -> None:
    plan = dataclasses.replace(load_study_plan(write(tmp_path)), steps=100_000, since=None)

    def stop_soon(line: str) -> None:
        if line.startswith("trial 1:"):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped, match="stopped by SIGTERM; the same command goes on with it") as caught:
        run_study(plan, tmp_path / "runs", jobs=2, say=stop_soon)
    assert caught.value.exit_code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{tmp_path}/runs/small/study.db")
    assert [trial.state.name for trial in study.trials] == ["RUNNING", "RUNNING"]


@needs_program
def test_a_trial_that_falls_behind_is_pruned_while_it_trains(tmp_path: pathlib.Path) -> None:
    # So long that it cannot end before it is looked at; pruned, it takes a second or two.
    steps = 1_000_000
    plan = dataclasses.replace(
        load_study_plan(write(tmp_path)), space={"gamma": Choice((0.99,))}, since=None, startup_trials=1, value="length", steps=steps
    )
    folder = tmp_path / "runs" / plan.name
    folder.mkdir(parents=True)
    study = optuna.create_study(storage=f"sqlite:///{folder / 'study.db'}", study_name=plan.name, direction=plan.direction)
    # A record that nothing beats, at every step.
    study.add_trial(
        optuna.trial.create_trial(
            state=optuna.trial.TrialState.COMPLETE, value=1e6, params={"gamma": 0.99},
            distributions={"gamma": optuna.distributions.CategoricalDistribution((0.99,))},
            intermediate_values={step: 1e6 for step in range(100, 20_001, 100)},
        )
    )  # fmt: skip
    lines: list[str] = []
    study = run_study(plan, tmp_path / "runs", jobs=1, trials=2, say=lines.append)
    pruned = study.trials[1]
    assert pruned.state == optuna.trial.TrialState.PRUNED and any(line.startswith("trial 1: pruned at step ") for line in lines)
    assert trials_table(study)["state"].tolist() == ["complete", "pruned"]


@needs_program
def test_several_seeds_count_with_their_mean_and_a_space_may_be_a_function(tmp_path: pathlib.Path) -> None:
    plan = dataclasses.replace(load_study_plan(write(tmp_path)), space={}, seeds=(0, 1), since=None, trials=1, pruner="none")
    with pytest.raises(UsageError, match="has no space to search"):
        run_study(plan, tmp_path / "runs", say=quietly)
    study = run_study(plan, tmp_path / "runs", jobs=1, sample=lambda trial: {"gamma": 1 - trial.suggest_float("rest", 0.01, 0.1)}, say=quietly)
    data = hpo.load(tmp_path / "runs" / "small", warn=False)
    assert study.best_value == pytest.approx(data[data["step"] == 400]["return"].mean()) and sorted(set(data["seed"])) == [0, 1]
    best = yaml.safe_load((tmp_path / "runs" / "small" / "best.yaml").read_text(encoding="utf-8"))
    assert best["gamma"] == 1 - study.best_params["rest"] and "rest" not in best
    # Intermediate values go on through the seeds.
    assert sorted(study.trials[0].intermediate_values) == [100, 200, 300, 400, 500, 600, 700, 800]


@needs_program
def test_what_the_program_refuses_ends_the_study_at_once(tmp_path: pathlib.Path, capsys) -> None:
    from hpo.cli import main

    path = write(tmp_path, TEXT.replace("gamma:", "gama:"))
    assert main(["study", str(path), "--out", str(tmp_path / "runs"), "--jobs", "1"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "hpo: hpo refuses what the study asks for: " in err and "gama" in err
    assert main(["study", str(path), "--out", str(tmp_path / "runs"), "--program", "no-such-hpo"]) == 2
    assert "there is no program 'no-such-hpo'" in capsys.readouterr().err


@needs_program
def test_a_study_is_one_processs_at_a_time_and_a_foreign_file_is_said(tmp_path: pathlib.Path) -> None:
    import fcntl

    folder = tmp_path / "runs" / "small"
    folder.mkdir(parents=True)
    with open(folder / "study.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another process is at the study in"):
            run_study(write(tmp_path), tmp_path / "runs", say=quietly)
    (folder / "study.db").write_text("no database, though it is long enough to be looked at" * 20, encoding="ascii")
    with pytest.raises(HpoError, match="cannot be opened as a study: "):
        run_study(write(tmp_path), tmp_path / "runs", say=quietly)


def test_a_trial_whose_run_fails_is_told_and_the_others_go_on(tmp_path: pathlib.Path) -> None:
    """A stand-in for the program: nothing else fails on demand."""
    program = tmp_path / "hpo"
    program.write_text("#!/bin/sh\necho 'hpo: the disk is full' >&2\nexit 1\n", encoding="ascii")
    program.chmod(0o755)
    plan = StudyPlan("small", "Hopper-v2", steps=100, space={"gamma": Range(0.9, 0.99)}, trials=2)
    with pytest.raises(HpoError, match="no trial of '.*small' came to its end; .*trials.csv says why"):
        run_study(plan, tmp_path / "runs", jobs=1, program=program, say=quietly)
    table = pd.read_csv(tmp_path / "runs" / "small" / "trials.csv")
    assert table["state"].tolist() == ["fail", "fail"] and set(table["failure"]) == {"hpo: the disk is full"}
