"""Finding runs and reading curves, whatever state they are in."""

from __future__ import annotations

import pathlib
import shutil
import warnings

import h5py
import numpy as np
import pandas as pd
import pytest
from conftest import COSTS, HOPPER, MINI, cut

import hpo
from hpo.runs import find, load


def states(folder: pathlib.Path) -> dict[str, str]:
    return {f"{run.environment}/{run.label}/{run.seed}": run.state for run in find(folder)}


def quietly(folder: pathlib.Path, table: str = "evaluation") -> pd.DataFrame:
    return load(folder, table, warn=False)


def test_every_evaluation_of_every_run_is_a_row_with_the_files_own_numbers(mini: pathlib.Path) -> None:
    data = quietly(mini)
    assert list(data.columns[:9]) == ["plan", "environment", "algorithm", "variant", "seed", "step", "return", "return_std", "length"]
    assert len(data) == 9 * 3
    rows = data[(data.environment == "Hopper-v2") & (data.algorithm == "sac-hpo") & (data.seed == 0)]
    with h5py.File(HOPPER / "curve.h5") as file:
        assert rows["step"].tolist() == file["evaluation/step"][:].tolist() == [100, 200, 300]
        assert rows["return"].tolist() == file["evaluation/return_mean"][:].tolist()
        assert rows["length"].tolist() == file["evaluation/length_mean"][:].tolist()


def test_the_other_tables_hold_episodes_updates_and_single_returns() -> None:
    with h5py.File(HOPPER / "curve.h5") as file:
        episode, update, returns = (quietly(HOPPER, table) for table in ("episode", "update", "returns"))
        assert episode["return"].tolist() == file["episode/return"][:].tolist()
        np.testing.assert_array_equal(update["critic_loss"], file["update/critic_loss"][:])
        assert returns["return"].tolist() == file["evaluation/returns"][:].ravel().tolist()
        assert returns["evaluation_episode"].tolist() == [0, 1] * 3


def test_costs_are_columns_where_a_run_has_them_and_missing_elsewhere(runs: pathlib.Path) -> None:
    data = quietly(runs)
    assert data[data.environment == "Ant-v2"]["discounted_cost"].notna().all()
    assert data[data.environment == "Hopper-v2"]["discounted_cost"].isna().all()


def test_a_plans_folder_names_the_plan_and_the_folder_itself_does_not(runs: pathlib.Path) -> None:
    assert {run.plan for run in find(runs)} == {"mini", "costs"}
    assert {run.plan for run in find(runs / "mini")} == {""}
    (only,) = find(runs / "mini" / "Hopper-v2" / "sac" / "seed-1")
    assert (only.environment, only.algorithm, only.seed, only.state) == ("Hopper-v2", "sac", 1, "finished")


def test_a_variant_is_what_follows_the_plus_in_the_folders_name(mini: pathlib.Path) -> None:
    (mini / "Hopper-v2" / "sac-hpo").rename(mini / "Hopper-v2" / "sac-hpo+std 0.5")
    found = [run for run in find(mini) if run.variant]
    assert {(run.algorithm, run.variant, run.label) for run in found} == {("sac-hpo", "std 0.5", "sac-hpo+std 0.5")}
    assert set(quietly(mini)["variant"]) == {"", "std 0.5"}


def test_kept_curves_are_read_as_runs_are(tmp_path: pathlib.Path) -> None:
    kept = tmp_path / "curves" / "Hopper-v2" / "sac-hpo"
    kept.mkdir(parents=True)
    shutil.copy(HOPPER / "curve.h5", kept / "seed-0.h5")
    (run,) = find(tmp_path / "curves")
    assert (run.environment, run.label, run.seed, run.plan, run.state) == ("Hopper-v2", "sac-hpo", 0, "", "finished")
    assert quietly(tmp_path / "curves")["return"].tolist() == quietly(HOPPER)["return"].tolist()


def test_a_growing_run_is_read_as_far_as_it_is_and_said_to_be_written(mini: pathlib.Path, write_run) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    writer = write_run(run)
    writer.append(11)
    assert quietly(run)["step"].tolist() == [100, 200]
    writer.append(12)
    data = quietly(run)
    assert data["return"].tolist()[1:] == [11, 12]
    (found,) = find(run)
    assert found.state == "finished"  # 300 of 300 steps, though its process has not gone yet


def test_states_are_told_apart_running_killed_stopped_empty_damaged(mini: pathlib.Path, write_run) -> None:
    hopper = mini / "Hopper-v2"
    running, killed = (write_run(hopper / "sac-hpo" / f"seed-{seed}") for seed in (0, 1))
    running.append(1)
    killed.append(2)
    killed.kill()
    cut(hopper / "sac-hpo" / "seed-2" / "curve.h5", 2)
    for file in (hopper / "sac" / "seed-0").iterdir():
        file.unlink()
    damaged = hopper / "sac" / "seed-1" / "curve.h5"
    damaged.write_bytes(damaged.read_bytes()[:3000])
    assert states(hopper) == {
        "Hopper-v2/sac/0": "empty", "Hopper-v2/sac/1": "damaged", "Hopper-v2/sac/2": "finished",
        "Hopper-v2/sac-hpo/0": "running", "Hopper-v2/sac-hpo/1": "killed", "Hopper-v2/sac-hpo/2": "stopped",
    }  # fmt: skip
    data = quietly(hopper)
    notes = "\n".join(data.attrs["notes"])
    for sentence in (
        "sac-hpo/seed-0: at step 200 of 300, being written",
        "sac-hpo/seed-1: killed at step 200 of 300 (its curve is still marked as being written); the command that began it goes on",
        "sac-hpo/seed-2: stopped at step 200 of 300; the command that began it goes on with it",
        "sac/seed-0: an empty folder; left out",
        "sac/seed-1: curve.h5 cannot be read (",
    ):
        assert sentence in notes
    # What can be read is there: the killed run's two evaluations as well.
    assert data.groupby(["algorithm", "seed"]).size().to_dict() == {("sac", 2): 3, ("sac-hpo", 0): 2, ("sac-hpo", 1): 2, ("sac-hpo", 2): 2}


def test_looking_at_a_run_takes_no_lock_that_could_turn_it_away(mini: pathlib.Path, write_run) -> None:
    run = mini / "Hopper-v2" / "sac-hpo" / "seed-0"
    writer = write_run(run)
    before = pathlib.Path("/proc/locks").read_text(encoding="ascii").count(str(writer.process.pid))
    find(run)
    quietly(run)
    writer.append(3)
    assert pathlib.Path("/proc/locks").read_text(encoding="ascii").count(str(writer.process.pid)) == before


def test_notes_are_warnings_unless_silenced(mini: pathlib.Path) -> None:
    with pytest.warns(hpo.RunWarning, match="sac has no run with seed 1, which others have there"):
        load(mini)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(mini, warn=False)


def test_runs_of_another_version_are_said(mini: pathlib.Path) -> None:
    with h5py.File(mini / "Hopper-v2" / "sac" / "seed-1" / "curve.h5", "r+") as file:
        file.attrs["program_version"] = "9.9.9"
    (note,) = [note for note in quietly(mini).attrs["notes"] if "versions" in note]
    assert note == f"runs of different versions of the program: 0.1.0 (8 runs); 9.9.9: {mini}/Hopper-v2/sac/seed-1"


def test_a_layout_of_another_number_is_refused_in_a_sentence(mini: pathlib.Path) -> None:
    with h5py.File(mini / "Hopper-v2" / "sac" / "seed-1" / "curve.h5", "r+") as file:
        file.attrs["format_version"] = 7
    assert any("its layout has number 7, this program reads 1" in note for note in quietly(mini).attrs["notes"])


def test_a_missing_folder_and_an_unknown_table_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(hpo.UsageError, match="there is no folder '.*nowhere'"):
        load(tmp_path / "nowhere")
    with pytest.raises(hpo.UsageError, match="there is no table 'evaluations'; a curve has evaluation, returns, episode, update"):
        load(MINI, "evaluations")


def test_a_folder_without_runs_gives_an_empty_table_and_says_so(tmp_path: pathlib.Path) -> None:
    data = quietly(tmp_path)
    assert len(data) == 0 and data.attrs["notes"] == [f"{tmp_path}: no runs below it"]


def test_a_safe_runs_updates_tell_lambda() -> None:
    assert quietly(COSTS, "update")["lambda"].notna().any()
