"""The paper's figure 7: base and evolved actions at one state, over Q's contour, as training goes on."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np

from .errors import HpoError, UsageError
from .figures import COLORS, _thousands, save
from .files import UNREADABLE, open_read, plain, read_column, reason

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


@dataclass(frozen=True)
class ActionSample:
    """What ``hpo actions`` writes: actions at one state, and Q around them."""

    file: Path
    #: Environment steps of the policy.
    step: int
    environment: str
    algorithm: str
    seed: int
    #: [N, d], in [-1, 1].
    base_actions: np.ndarray
    evolved_actions: np.ndarray
    #: Which two of the d dimensions the grid spans.
    dimensions: tuple[int, int]
    grid_x: np.ndarray
    grid_y: np.ndarray
    #: [y, x]; the other components are the base policy's mean action's.
    min_q: np.ndarray


def read_actions(path: str | os.PathLike[str]) -> ActionSample:
    """Reads a file of ``hpo actions``.

    Raises:
        UsageError: there is no such file.
        HpoError: it is not what ``hpo actions`` writes.
    """
    if not Path(path).is_file():
        raise UsageError(f"there is no file '{path}'; `hpo actions RUN --output actions.h5` writes one")
    try:
        file, _ = open_read(Path(path))
        with file:
            text = {key: plain(file.attrs[key]) for key in ("environment", "algorithm")}
            numbers = {key: int(plain(file.attrs[key])) for key in ("step", "seed")}
            arrays = {name: read_column(file, name) for name in ("base_actions", "evolved_actions", "grid_x", "grid_y", "min_q")}
            x, y = (int(value) for value in read_column(file, "dimensions"))
        sample = ActionSample(file=Path(path), dimensions=(x, y), **text, **numbers, **arrays)
        d = sample.base_actions.shape[1]
        if sample.base_actions.ndim != 2 or sample.base_actions.shape != sample.evolved_actions.shape:
            raise ValueError(f"its actions {sample.base_actions.shape} and {sample.evolved_actions.shape} are no pairs")
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("it holds numbers that are not finite")
        if not (0 <= x < d and 0 <= y < d and sample.min_q.shape == (len(sample.grid_y), len(sample.grid_x))):
            raise ValueError(f"its grid {sample.min_q.shape} or dimensions {x}, {y} do not fit {d} actions")
        return sample
    except UNREADABLE as error:
        raise HpoError(f"'{path}' is not what `hpo actions` writes: {reason(error)}") from error


def draw_scatter(paths: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str], name: str = "actions") -> list[Path]:
    """Draws one panel per file, in the order of their steps, as PNG and PDF."""
    samples = sorted((read_actions(path) for path in paths), key=lambda sample: sample.step)
    columns = min(len(samples), 3)
    rows = -(-len(samples) // columns)
    panel, between, left, right = 2.5, 1.15, 0.75, 0.65
    width = max(left + columns * panel + (columns - 1) * between + right, 5.0)
    first = samples[0]
    task = sorted({sample.environment for sample in samples})
    caption = (
        f"{len(first.base_actions):,} base (circles) and evolved (crosses) actions of {_joined(s.algorithm for s in samples)} on "
        f"{' and '.join(task)} at one state each, exploring; contour: min(Q₁, Q₂), other components at the base policy's mean action. "
        f"Seed {_joined(str(s.seed) for s in samples)}. Steps: {', '.join(f'{s.step:,}' for s in samples)}."
    )
    text = textwrap.fill(caption, int((width - 0.3) / 0.0585))
    head, foot = 0.95, 0.75 + 0.145 * (text.count("\n") + 1)
    height = head + rows * panel + (rows - 1) * 0.85 + foot
    figure = plt.figure(figsize=(width, height))
    for index, sample in enumerate(samples):
        row, column = divmod(index, columns)
        x = left + column * (panel + between)
        y = height - head - (row + 1) * panel - row * 0.85
        axes = figure.add_axes((x / width, y / height, panel / width, panel / height))
        filled = axes.contourf(sample.grid_x, sample.grid_y, sample.min_q, levels=14, cmap=_light_greys())
        i, j = sample.dimensions
        axes.scatter(
            sample.base_actions[:, i], sample.base_actions[:, j], s=7, marker="o", facecolors="none", edgecolors=COLORS[0],
            linewidths=0.5, alpha=0.7, label="base",
        )
        axes.scatter(
            sample.evolved_actions[:, i], sample.evolved_actions[:, j], s=8, marker="x", color=COLORS[1], linewidths=0.6,
            alpha=0.7, label="evolved",
        )
        axes.set(xlim=(-1.03, 1.03), ylim=(-1.03, 1.03))
        axes.set_xticks((-1, -0.5, 0, 0.5, 1))
        axes.set_yticks((-1, -0.5, 0, 0.5, 1))
        axes.tick_params(labelsize=8)
        axes.set_title(f"step {_thousands(sample.step)}" + (f", {sample.environment}" if len(task) > 1 else ""), fontsize=9.5)
        axes.set_xlabel(f"action {i}", fontsize=9)
        axes.set_ylabel(f"action {j}", fontsize=9, labelpad=0)
        bar = figure.colorbar(filled, cax=figure.add_axes(((x + panel + 0.06) / width, y / height, 0.07 / width, panel / height)))
        bar.ax.set_title("min Q", fontsize=7, pad=3, loc="left")
        bar.ax.tick_params(labelsize=6.5, length=2, pad=1)
        bar.locator = matplotlib.ticker.MaxNLocator(5)
        bar.update_ticks()
        if index == 0:
            handles, labels = axes.get_legend_handles_labels()
    title = f"{name}: {' and '.join(task)}"
    figure.text(0.5, 1 - 0.1 / height, title, ha="center", va="top", fontsize=11, weight="bold")
    figure.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1 - 0.36 / height), ncols=2, frameon=False, fontsize=8.5,
        markerscale=1.8, borderaxespad=0,
    )
    figure.text(0.15 / width, (foot - 0.65) / height, text, ha="left", va="top", fontsize=7.5, color="#333333")
    return save(figure, Path(output) / name, title, caption)


def _light_greys() -> matplotlib.colors.Colormap:
    """Grey up to the half: both markers stay readable on it."""
    return matplotlib.colors.LinearSegmentedColormap.from_list("light greys", ["#ffffff", "#8c8c8c"])


def _joined(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))
