"""The tables' numbers, against rliable called by hand and against numbers computed here."""

from __future__ import annotations

import itertools
import pathlib

import numpy as np
import pandas as pd
import pytest
from conftest import cut
from rliable import library, metrics

import hpo
from hpo import statistics
from hpo.statistics import compare, interquartile_mean, probability_of_improvement

SCORES = np.array([[3.0], [1.0], [4.0], [1.5], [9.0], [2.6], [5.3], [5.8]])


def test_the_interquartile_mean_is_the_mean_of_the_middle_half() -> None:
    # Sorted: 1 1.5 2.6 3 4 5.3 5.8 9; two are cut on either side.
    assert interquartile_mean(SCORES).value == pytest.approx((2.6 + 3 + 4 + 5.3) / 4)


def test_intervals_are_rliables_own() -> None:
    np.random.seed(0)
    _, intervals = library.get_interval_estimates({"a": SCORES}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=5000)
    ours = interquartile_mean(SCORES)
    assert (ours.low, ours.high) == tuple(intervals["a"][:, 0])


def test_intervals_agree_with_a_bootstrap_written_out_here() -> None:
    generator = np.random.default_rng(7)
    means = [np.sort(generator.choice(SCORES[:, 0], 8))[2:6].mean() for _ in range(20_000)]
    ours = interquartile_mean(SCORES)
    # Two bootstraps of 5,000 and 20,000 resamples: their percentiles differ by a few hundredths.
    np.testing.assert_allclose([ours.low, ours.high], np.percentile(means, [2.5, 97.5]), atol=0.15)


def test_intervals_are_stratified_runs_are_drawn_within_each_task() -> None:
    # Two tasks of constant scores: whatever is drawn, each task keeps its own.
    scores = np.tile([[1.0, 100.0]], (4, 1))
    estimate = interquartile_mean(scores)
    assert (estimate.low, estimate.high) == (estimate.value, estimate.value)


def test_the_probability_of_improvement_counts_pairs_and_half_of_ties() -> None:
    x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [0.0]])
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in itertools.product(x[:, 0], y[:, 0])]
    assert probability_of_improvement(x, y).value == pytest.approx(np.mean(pairs))


def test_improvements_and_their_intervals_are_rliables_own() -> None:
    generator = np.random.default_rng(3)
    # With ties, and other numbers of runs.
    x, y = generator.integers(0, 6, (6, 2)).astype(float), generator.integers(0, 6, (4, 2)).astype(float)
    np.random.seed(0)
    _, intervals = library.get_interval_estimates(
        {"a": (x, y)}, lambda *scores: np.array([metrics.probability_of_improvement(*scores)]), reps=200
    )
    ours = probability_of_improvement(x, y, resamples=200)
    assert ours.value == pytest.approx(metrics.probability_of_improvement(x, y), abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx(tuple(intervals["a"][:, 0]), abs=1e-12)


def test_tables_are_reproducible_and_leave_numpys_generator_as_it_was() -> None:
    np.random.seed(123)
    expected = np.random.random(3)
    np.random.seed(123)
    first = interquartile_mean(SCORES)
    np.testing.assert_array_equal(np.random.random(3), expected)
    assert interquartile_mean(SCORES) == first


def test_one_seed_has_no_interval() -> None:
    estimate = interquartile_mean(SCORES[:1])
    assert estimate.value == 3 and np.isnan(estimate.low) and np.isnan(estimate.high)


def test_scores_are_the_last_evaluations_at_the_step_with_every_seed_shown(mini: pathlib.Path) -> None:
    data = hpo.load(mini, warn=False)
    comparison = compare(mini, at=250)
    for score in comparison.scores:
        rows = data[(data.environment == score.environment) & (data.algorithm == score.label) & (data.step == 200)]
        assert score.seeds == dict(zip(rows["seed"], rows["return"]))
        assert score.mean == pytest.approx(rows["return"].mean()) and score.std == pytest.approx(rows["return"].std(ddof=0))
    assert {(score.environment, score.label): len(score.seeds) for score in comparison.scores} == {
        ("HalfCheetah-v2", "sac"): 1, ("HalfCheetah-v2", "sac-hpo"): 2, ("Hopper-v2", "sac"): 3, ("Hopper-v2", "sac-hpo"): 3,
    }  # fmt: skip


def test_since_averages_over_the_evaluations_between(mini: pathlib.Path) -> None:
    data = hpo.load(mini, warn=False)
    score = next(item for item in compare(mini, at=300, since=200).scores if item.environment == "Hopper-v2" and item.label == "sac")
    rows = data[(data.environment == "Hopper-v2") & (data.algorithm == "sac") & (data.seed == 1) & (data.step >= 200)]
    assert score.seeds[1] == pytest.approx(rows["return"].mean()) and len(rows) == 2


def test_runs_that_have_not_come_so_far_are_left_out_and_said(mini: pathlib.Path) -> None:
    cut(mini / "Hopper-v2" / "sac" / "seed-2" / "curve.h5", 2)
    comparison = compare(mini, at=300)
    assert "Hopper-v2: seed 2 of sac is at step 200, short of 300; left out" in comparison.notes
    assert all(2 not in score.seeds for score in comparison.scores if (score.environment, score.label) == ("Hopper-v2", "sac"))
    # Without a step: as far as all have come.
    assert compare(mini).at == 200


def test_all_tasks_together_take_as_many_seeds_as_every_task_has(mini: pathlib.Path) -> None:
    comparison = compare(mini)
    (together,) = [item for item in comparison.improvements if (item.environment, item.label) == ("all", "sac-hpo")]
    single = {
        item.environment: item.probability.value for item in comparison.improvements if item.label == "sac-hpo" and item.environment != "all"
    }
    assert any("sac counts with its first 1 on each" in note for note in comparison.notes)
    hopper = {score.label: list(score.seeds.values()) for score in comparison.scores if score.environment == "Hopper-v2"}
    expected = np.mean([a > hopper["sac"][0] for a in hopper["sac-hpo"][:2]])
    assert together.probability.value == pytest.approx((expected + single["HalfCheetah-v2"]) / 2)


def test_an_improvement_and_its_reverse_mirror_each_other(mini: pathlib.Path) -> None:
    by_pair = {(item.environment, item.label, item.over): item.probability for item in compare(mini).improvements}
    for (environment, label, over), estimate in by_pair.items():
        back = by_pair[environment, over, label]
        assert estimate.value + back.value == pytest.approx(1)
        if not np.isnan(estimate.low):
            assert estimate.low + back.high == pytest.approx(1)


def test_markdown_csv_and_latex_hold_the_same_numbers(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    comparison = compare(mini)
    files = statistics.write(comparison, tmp_path)
    assert [file.name for file in files] == ["compare.md", "compare.tex", "compare.csv", "improvement.csv"]
    table = pd.read_csv(tmp_path / "compare.csv")
    assert table["mean"].tolist() == [score.mean for score in comparison.scores]
    score = comparison.scores[-1]
    row = f"{score.mean:.0f} ± {score.std:.0f}"
    assert f"| Hopper-v2 | sac-hpo | {row} |" in (tmp_path / "compare.md").read_text(encoding="utf-8")
    latex = (tmp_path / "compare.tex").read_text(encoding="utf-8")
    assert f"Hopper-v2 & sac-hpo & {row.replace('±', '$' + chr(92) + 'pm$')} &" in latex
    assert latex.count("tabular") == 4 and r"95 \%" in latex
    single = next(item for item in comparison.scores if len(item.seeds) == 1)
    assert f"| {single.environment} | sac | {single.mean:.0f} | {single.mean:.0f} |" in (tmp_path / "compare.md").read_text(encoding="utf-8")


def test_what_cannot_be_compared_is_said(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(hpo.UsageError, match="no run in .* has come to step 1,000"):
        compare(mini, at=1000)
    with pytest.raises(hpo.UsageError, match="evaluations have no 'reward'; they have return"):
        compare(mini, value="reward")
    with pytest.raises(hpo.UsageError, match="nothing to compare in"):
        compare(empty)
    with pytest.raises(hpo.UsageError, match="--since 300 is beyond --at 200"):
        compare(mini, at=200, since=300)
