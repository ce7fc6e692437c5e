"""Comparing algorithms at one step of training: mean and deviation, interquartile mean with bootstrap intervals, probability of
improvement. The statistics are rliable's (Agarwal et al. 2021, arXiv 2108.13264)."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rliable import library, metrics

from .errors import UsageError, nearest
from .runs import load

#: Bootstrap resamples behind an interval of an interquartile mean.
RESAMPLES = 5_000
#: Behind an interval of a probability of improvement; as many as rliable's examples take.
PAIRED_RESAMPLES = 2_000
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    #: NaN where one run alone gives none.
    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """What the seeds of one setting reached on one task."""

    environment: str
    #: Algorithm, with ``+variant``.
    label: str
    #: By seed, in the value's units.
    seeds: dict[int, float]
    mean: float
    #: The population's: divided by the number of seeds.
    std: float
    #: Mean of the middle half.
    iqm: Estimate


@dataclass(frozen=True)
class Improvement:
    """The probability that a run of ``label`` beats one of ``over``; ties count half."""

    #: One task's id, or ``all`` for the mean over tasks.
    environment: str
    label: str
    over: str
    probability: Estimate


@dataclass(frozen=True)
class Comparison:
    """A table of scores and one of probabilities, with what a reader should know."""

    value: str
    #: Environment steps.
    at: int
    #: First step of the evaluations averaged over; ``at`` for the one evaluation there.
    since: int
    scores: list[Score]
    improvements: list[Improvement]
    notes: list[str]


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds numpy's global generator for a while: rliable's stratified bootstrap draws from it whatever ``random_state`` says."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def interquartile_mean(scores: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Mean of the middle half of the scores, with its 95 % stratified bootstrap interval.

    Args:
        scores: [runs, tasks]; runs are resampled within each task.
        resamples: of the bootstrap.
        seed: of the resampling: the same scores give the same interval.
    """
    value = float(metrics.aggregate_iqm(scores))
    if scores.shape[0] < 2:
        return Estimate(value, np.nan, np.nan)
    with seeded(seed):
        _, intervals = library.get_interval_estimates(
            {"": scores}, _vector(metrics.aggregate_iqm), reps=resamples, confidence_interval_size=_CONFIDENCE
        )
    low, high = intervals[""][:, 0]
    return Estimate(value, float(low), float(high))


def probability_of_improvement(
    x: np.ndarray, y: np.ndarray, *, resamples: int = PAIRED_RESAMPLES, seed: int = 0
) -> Estimate:
    """P(X > Y) + ½ P(X = Y) for a run of each, averaged over tasks, with its 95 % bootstrap interval.

    Args:
        x, y: [runs, tasks]; numbers of runs may differ.
    """
    value = _share_of_wins(x, y)
    if min(x.shape[0], y.shape[0]) < 2:
        return Estimate(value, np.nan, np.nan)
    with seeded(seed):
        _, intervals = library.get_interval_estimates(
            {"": (x, y)}, _vector(_share_of_wins), reps=resamples, confidence_interval_size=_CONFIDENCE
        )
    low, high = intervals[""][:, 0]
    return Estimate(value, float(low), float(high))


def _share_of_wins(x: np.ndarray, y: np.ndarray) -> float:
    """rliable's ``probability_of_improvement``, counted over pairs; by a Mann-Whitney test for each resample it takes forty times as long."""
    first, second = x[:, None, :], y[None, :, :]
    return float(np.mean((first > second) + 0.5 * (first == second)))


def _vector(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    return lambda *scores: np.array([function(*scores)])


def compare(
    folder: str | os.PathLike[str],
    at: int | None = None,
    *,
    since: int | None = None,
    value: str = "return",
) -> Comparison:
    """Compares everything below a folder, task by task, at one step of training.

    Args:
        folder: as ``hpo.load``'s.
        at: environment steps. A run's score is its last evaluation at or before them, and runs that have not come so far are left
            out and said. Without it, the furthest step that every run has reached.
        since: average instead over all evaluations from this step to ``at``.
        value: a column of the evaluation table.

    Raises:
        UsageError: no such folder or column, or no run that has come so far.
    """
    data = load(folder, warn=False)
    notes = list(data.attrs["notes"])
    if not len(data):
        raise UsageError("; ".join([f"nothing to compare in '{folder}'", *notes]))
    if value not in data:
        known = list(data.columns[6:])
        raise UsageError(f"evaluations have no '{value}'; they have {', '.join(known)}.{nearest(value, known)}")
    data = data.dropna(subset=[value])
    runs = {key: rows.sort_values("step") for key, rows in data.groupby(["environment", "algorithm", "variant", "seed", "plan"])}
    if at is None:
        at = int(min(rows["step"].iloc[-1] for rows in runs.values()))
    if since is not None and since > at:
        raise UsageError(f"--since {since} is beyond --at {at}")
    found: dict[tuple[str, str], dict[int, float]] = {}
    twice: set[tuple[str, str]] = set()
    for (environment, algorithm, variant, seed, plan), rows in runs.items():
        label = f"{algorithm}+{variant}" if variant else algorithm
        reached = int(rows["step"].iloc[-1])
        chosen = rows[rows["step"] <= at] if since is None else rows[rows["step"].between(since, at)]
        if reached < at or not len(chosen):
            notes.append(
                f"{environment}: seed {seed} of {label} is at step {reached:,}, short of {at:,}; left out"
                if reached < at
                else f"{environment}: seed {seed} of {label} has no evaluation from step {since or 0:,} to {at:,}; left out"
            )
            continue
        score = float(chosen[value].iloc[-1] if since is None else chosen[value].mean())
        seeds = found.setdefault((environment, label), {})
        if seed in seeds:
            twice.add((environment, label))
        seeds[seed] = score
    for environment, label in sorted(twice):
        notes.append(f"{environment}: several plans have runs of {label} with the same seed; the last of them counts")
    if not found:
        raise UsageError("; ".join([f"no run in '{folder}' has come to step {at:,}", *notes]))
    scores = []
    for (environment, label), seeds in sorted(found.items()):
        values = np.array([seeds[seed] for seed in sorted(seeds)])
        scores.append(
            Score(
                environment, label, dict(sorted(seeds.items())), float(values.mean()), float(values.std()),
                interquartile_mean(values[:, None]),
            )
        )
    improvements, said = _improvements(scores)
    return Comparison(value, at, at if since is None else since, scores, improvements, notes + said)


def _improvements(scores: list[Score]) -> tuple[list[Improvement], list[str]]:
    by_environment: dict[str, dict[str, np.ndarray]] = {}
    for score in scores:
        by_environment.setdefault(score.environment, {})[score.label] = np.array(list(score.seeds.values()))
    found = []
    for environment, labels in by_environment.items():
        for x, y in itertools.combinations(labels, 2):
            found += _both_ways(environment, x, y, labels[x][:, None], labels[y][:, None])
    notes = []
    everywhere = sorted(set.intersection(*(set(labels) for labels in by_environment.values())))
    if len(by_environment) > 1:
        # rliable wants as many runs of each task: the seeds beyond the fewest have no place there.
        fewest = {label: min(len(labels[label]) for labels in by_environment.values()) for label in everywhere}
        for label in everywhere:
            if any(len(labels[label]) > fewest[label] for labels in by_environment.values()):
                notes.append(f"all tasks together: {label} counts with its first {fewest[label]} on each, as many as it has everywhere")
        for x, y in itertools.combinations(everywhere, 2):
            stacks = [
                np.stack([labels[name][: fewest[name]] for labels in by_environment.values()], axis=1) for name in (x, y)
            ]
            found += _both_ways("all", x, y, *stacks)
    return found, notes


def _both_ways(environment: str, x: str, y: str, of_x: np.ndarray, of_y: np.ndarray) -> list[Improvement]:
    there = probability_of_improvement(of_x, of_y)
    back = Estimate(1 - there.value, 1 - there.high, 1 - there.low)
    return [Improvement(environment, x, y, there), Improvement(environment, y, x, back)]


# As text


def tables(comparison: Comparison) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The comparison's two tables with every number in full: scores (one row per task and setting) and improvements."""
    seeds = sorted({seed for score in comparison.scores for seed in score.seeds})
    scores = pd.DataFrame(
        [
            {
                "environment": score.environment, "algorithm": score.label, "seeds": len(score.seeds), "mean": score.mean,
                "std": score.std, "iqm": score.iqm.value, "iqm_low": score.iqm.low, "iqm_high": score.iqm.high,
                **{f"seed_{seed}": score.seeds.get(seed, np.nan) for seed in seeds},
            }
            for score in comparison.scores
        ]
    )
    improvements = pd.DataFrame(
        [
            {
                "environment": item.environment, "algorithm": item.label, "over": item.over,
                "probability": item.probability.value, "low": item.probability.low, "high": item.probability.high,
            }
            for item in comparison.improvements
        ],
        columns=["environment", "algorithm", "over", "probability", "low", "high"],
    )
    return scores, improvements


def _heading(comparison: Comparison) -> str:
    if comparison.since == comparison.at:
        return f"{comparison.value} at step {comparison.at:,}"
    return f"mean {comparison.value} of the evaluations from step {comparison.since:,} to {comparison.at:,}"


def _explanation() -> str:
    return (
        "mean ± standard deviation over seeds (the population's); IQM: mean of the middle half of the seeds, with its 95 % "
        "stratified bootstrap interval (rliable)"
    )


def _rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    seeds = sorted({seed for score in comparison.scores for seed in score.seeds})
    digits = _digits([value for score in comparison.scores for value in score.seeds.values()])
    head = ["task", "algorithm", "mean ± std", "IQM [95 %]", *(f"seed {seed}" for seed in seeds)]
    rows = []
    for score in comparison.scores:
        cells = [f"{score.seeds[seed]:.{digits}f}" if seed in score.seeds else "–" for seed in seeds]
        spread = f"{score.mean:.{digits}f} ± {score.std:.{digits}f}" if len(score.seeds) > 1 else f"{score.mean:.{digits}f}"
        rows.append([score.environment, score.label, spread, _interval(score.iqm, digits), *cells])
    return head, rows


def _digits(values: list[float]) -> int:
    largest = max((abs(value) for value in values), default=0)
    return 0 if largest >= 100 else 1 if largest >= 10 else 3


def _interval(estimate: Estimate, digits: int) -> str:
    if np.isnan(estimate.low):
        return f"{estimate.value:.{digits}f}"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _improvement_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    rows = [[item.environment, item.label, item.over, _interval(item.probability, 2)] for item in comparison.improvements]
    return ["task", "algorithm", "beats", "probability [95 %]"], rows


def markdown(comparison: Comparison) -> str:
    """Both tables for a README."""

    def table(head: list[str], rows: list[list[str]]) -> str:
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)

    heading = _heading(comparison)
    parts = [f"{heading[0].upper()}{heading[1:]}: {_explanation()}.", table(*_rows(comparison))]
    if comparison.improvements:
        parts += ["Probability that a run of one beats a run of the other:", table(*_improvement_rows(comparison))]
    if comparison.notes:
        parts.append("\n".join(f"- {note}" for note in comparison.notes))
    return "\n\n".join(parts) + "\n"


def latex(comparison: Comparison) -> str:
    """Both tables for a paper, with booktabs."""

    def escape(text: str) -> str:
        special = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "±": r"$\pm$", "–": "--"}
        return "".join(special.get(letter, letter) for letter in text)

    def table(head: list[str], rows: list[list[str]], numbers: int) -> str:
        columns = "l" * (len(head) - numbers) + "r" * numbers
        body = [" & ".join(escape(cell) for cell in row) + r" \\" for row in rows]
        heading = " & ".join(escape(cell) for cell in head) + r" \\"
        return "\n".join(
            [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", heading, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]
        )

    head, rows = _rows(comparison)
    parts = [f"% {_heading(comparison)}: {_explanation()}; needs booktabs", table(head, rows, len(head) - 2)]
    if comparison.improvements:
        parts += ["% probability that a run of one beats a run of the other", table(*_improvement_rows(comparison), 1)]
    parts += [f"% {note}" for note in comparison.notes]
    return "\n".join(parts) + "\n"


def write(comparison: Comparison, folder: str | os.PathLike[str]) -> list[Path]:
    """Writes ``compare.md``, ``compare.tex``, ``compare.csv`` (scores in full) and ``improvement.csv``."""
    from .files import write_text

    scores, improvements = tables(comparison)
    texts = {
        "compare.md": markdown(comparison), "compare.tex": latex(comparison), "compare.csv": scores.to_csv(index=False),
        "improvement.csv": improvements.to_csv(index=False),
    }
    paths = []
    for name, text in texts.items():
        path = Path(folder) / name
        write_text(path, text)
        paths.append(path)
    return paths
