"""Figures of learning curves: one panel per environment (or whatever the plan says), mean and band over seeds, a caption that says
what is seen and what is missing."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from .curves import Line, line
from .environments import short_name
from .errors import HpoError, UsageError, nearest
from .files import replacing
from .plan import FigureSettings, Plan, load_plan
from .runs import Run, _numbers, find, load

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

#: Okabe and Ito's palette, which colour-blind readers tell apart; its yellow is left out, too light for a line on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))

#: Window of the paper's exponential moving average.
WINDOW = 5

# What the axis of a column is called.
_LABELS = {
    "return": "return",
    "length": "episode length (steps)",
    "cost": "cost of an episode",
    "discounted_cost": "discounted cost",
    "constraint_value": "constraint value",
    "lambda": "λ",
    "steps_per_second": "steps per second",
    "momentum_norm": "‖p_K‖",
    "gate_mean": "mean of σ_h",
    "q_mean": "mean Q",
    "log_prob": "log π",
}
# Settings that a caption tells where all runs agree.
_TOLD = ("hidden_size", "batch_size", "evaluation_interval", "evaluation_episodes")
# Inches.
_LEFT, _RIGHT, _BETWEEN, _PANEL_WIDTH, _PANEL_HEIGHT = 0.75, 0.2, 0.55, 2.75, 2.1
_CAPTION_SIZE, _CAPTION_LINE = 7.5, 0.145


@dataclass
class _Panel:
    title: str
    #: Rows of the runs drawn here, for each label, in the order of the legend.
    rows: dict[str, pd.DataFrame] = field(default_factory=dict)


def draw_figures(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    plan: Plan | str | os.PathLike[str] | None = None,
    *,
    name: str | None = None,
    title: str | None = None,
) -> tuple[list[Path], list[str]]:
    """Draws a plan's figure, or one for each plan's folder among all runs, as PNG and PDF.

    Each comes twice: smoothed as in the paper, and ``…-raw`` without smoothing.

    Args:
        folder: where the runs are: the plan's folder or one above it.
        output: the folder to write to.
        plan: a plan or its file.
        name: of the files and, without a title, above the picture, in place of the plan's; not where there are several plans to draw.
        title: above the picture.

    Returns:
        The files, and sentences about what is missing, unfinished or damaged.

    Raises:
        UsageError: no such folder or plan, or a value that no run has.
        HpoError: nothing to draw.
    """
    if plan is None:
        jobs = _unplanned(find(folder))
    else:
        plan = plan if isinstance(plan, Plan) else load_plan(plan)
        jobs = [(plan.name, plan, _of_plan(folder, plan), plan.figure)]
    if (name or title) and len(jobs) > 1:
        plans = ", ".join(job[0] for job in jobs)
        raise UsageError(f"one name or title, and {len(jobs)} figures to draw: {plans}; name the folder of one of them")
    files: list[Path] = []
    notes: list[str] = []
    for job_name, job_plan, runs, settings in jobs:
        if title:
            settings = dataclasses.replace(settings, title=title)
        drawn, said = _draw(name or job_name, job_plan, runs, settings, Path(output))
        files += drawn
        notes += said
    if not files:
        raise HpoError("; ".join([f"nothing to draw in '{folder}'", *notes]))
    return files, notes


def _unplanned(runs: list[Run]) -> list[tuple[str, None, list[Run], FigureSettings]]:
    by_plan: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_plan[run.plan].append(run)
    return [(plan or "runs", None, group, FigureSettings()) for plan, group in by_plan.items()]


def _of_plan(folder: str | os.PathLike[str], plan: Plan) -> list[Run]:
    """The plan's runs below a folder that may be its own, or hold other plans' too."""
    runs = find(folder)
    if any(run.plan == plan.name for run in runs):
        runs = [run for run in runs if run.plan == plan.name]
    wanted = set(plan.runs())
    return [run for run in runs if (run.environment, run.algorithm, run.variant, run.seed) in wanted]


def _draw(
    name: str, plan: Plan | None, runs: list[Run], settings: FigureSettings, output: Path
) -> tuple[list[Path], list[str]]:
    tables = {value: _with_value(runs, value) for value in settings.values}
    notes = _notes(plan, runs, tables)
    if not any(len(data) for data in tables.values()):
        return [], notes
    panels = {value: _panels(data, plan, settings) for value, data in tables.items()}
    files = []
    for window, suffix in ((WINDOW, ""), (1, "-raw")):
        caption = _caption(plan, runs, panels, window)
        # A row for each environment, where panels are groups of variants.
        columns = len(settings.panels) if isinstance(settings.panels, dict) else None
        figure = _figure(settings.title or name, panels, window, caption, columns)
        stem = re.sub(r"[^\w.+-]+", "-", name).strip("-") + suffix
        files += save(figure, output / stem, settings.title or name, caption)
    return files, notes


def save(figure: Figure, path: Path, title: str, caption: str) -> list[Path]:
    """Writes PNG and PDF, with the caption among their properties, and closes the figure."""
    files = []
    for suffix, properties in (
        (".png", {"Title": title, "Description": caption, "Software": None}),
        # No date: the same curves give the same bytes.
        (".pdf", {"Title": title, "Subject": caption, "CreationDate": None}),
    ):
        file = path.with_name(path.name + suffix)
        with replacing(file) as temporary:
            figure.savefig(temporary, dpi=160, metadata=properties)
        files.append(file)
    plt.close(figure)
    return files


def _with_value(runs: list[Run], value: str) -> pd.DataFrame:
    """The table that has a column, reduced to it."""
    readable = [run for run in runs if run.state not in ("empty", "damaged")]
    known: set[str] = set()
    for table in ("evaluation", "update", "episode"):
        data = load(readable, table, warn=False)
        if value in data:
            kept = data[[*data.columns[:6], value]].dropna(subset=[value])
            kept.attrs["notes"] = data.attrs["notes"]
            return kept
        known |= set(data.columns[6:])
    if not readable:
        return data
    raise UsageError(f"the runs record no '{value}'; they have {', '.join(sorted(known))}.{nearest(value, known)}")


def _panels(data: pd.DataFrame, plan: Plan | None, settings: FigureSettings) -> list[_Panel]:
    environments = list(plan.environments) if plan else sorted(data["environment"].unique())
    algorithms = list(plan.algorithms) if plan else sorted(data["algorithm"].unique(), key=_by_name)
    variants = list(plan.variants) if plan else sorted(data["variant"].unique())
    values = {"environment": environments, "algorithm": algorithms, "variant": variants}
    cells: list[tuple[str, pd.DataFrame]] = []
    if isinstance(settings.panels, dict):
        for environment in environments:
            here = data[data["environment"] == environment]
            for title, names in settings.panels.items():
                rows = here[here["variant"].isin(names)]
                cells.append((f"{short_name(environment)}: {title}" if len(environments) > 1 else title, rows))
    else:
        for value in values[settings.panels]:
            cells.append((value or "as it is", data[data[settings.panels] == value]))
    panels = []
    for title, rows in cells:
        panel = _Panel(title)
        for key, label in _lines(plan, data, settings, values):
            part = rows[(rows[list(key)] == pd.Series(key)).all(axis=1)]
            if len(part):
                panel.rows[label] = part
        panels.append(panel)
    return panels


def _lines(
    plan: Plan | None, data: pd.DataFrame, settings: FigureSettings, values: dict[str, list[str]]
) -> list[tuple[dict[str, object], str]]:
    """What tells one line from another, and what the legend calls it, in the legend's order."""
    if settings.lines == "seed":
        seeds = plan.seeds if plan else sorted(data["seed"].unique())
        return [({"seed": seed}, f"seed {seed}") for seed in seeds]
    # Within a panel everything that can differ and is not the panel itself makes a line of its own: two settings never share one.
    order = ["algorithm", "variant", "environment"]
    keys = [key for key in order if key != settings.panels and (key == settings.lines or len(values[key]) > 1)]
    if isinstance(settings.panels, dict):
        keys = [key for key in keys if key != "environment"]
    elif settings.lines not in keys:
        keys.append(settings.lines)
    lines = []
    present = data[keys].drop_duplicates() if len(data) else pd.DataFrame(columns=keys)
    have = {tuple(row) for row in present.itertuples(index=False)}
    for combination in _combinations([values[key] for key in keys]):
        if combination in have:
            lines.append((dict(zip(keys, combination)), _label(keys, combination)))
    return lines


def _combinations(lists: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for values in lists:
        found = [(*head, value) for head in found for value in values]
    return found


def _label(keys: Sequence[str], values: Sequence[str]) -> str:
    named = [value for key, value in zip(keys, values) if value]
    return ", ".join(named) if named else "as it is"


def _by_name(algorithm: str) -> tuple[int, str]:
    # The paper's method first, its baselines after it; safe ones together.
    first = ["sac-hpo", "sac", "sac-nf", "safe-sac-hpo", "sac-lagrangian"]
    return (first.index(algorithm) if algorithm in first else len(first), algorithm)


# What the picture says


def _notes(plan: Plan | None, runs: list[Run], tables: dict[str, pd.DataFrame]) -> list[str]:
    notes = [note for run in runs if (note := run.note())]
    for data in tables.values():
        notes += [note for note in data.attrs.get("notes", []) if note not in notes]
    if plan:
        have = {(run.environment, run.algorithm, run.variant, run.seed) for run in runs}
        missing: dict[tuple[str, str], list[int]] = defaultdict(list)
        for environment, algorithm, variant, seed in plan.runs():
            if (environment, algorithm, variant, seed) not in have:
                missing[environment, algorithm + (f"+{variant}" if variant else "")].append(seed)
        # The plan knows better than a comparison among the runs that there are.
        notes = [note for note in notes if ", which others have there" not in note]
        for (environment, label), seeds in missing.items():
            word = "seed" if len(seeds) == 1 else "seeds"
            notes.append(f"{plan.name}: {label} on {environment} has no run with {word} {_numbers(seeds)}")
    return notes


def _caption(plan: Plan | None, runs: list[Run], panels: dict[str, list[_Panel]], window: int) -> str:
    drawn = [run for run in runs if run.state not in ("empty", "damaged")]
    seeds = plan.seeds if plan else sorted({run.seed for run in runs})
    furthest = max((run.step for run in drawn), default=0)
    wanted = plan.steps if plan else max((run.steps or 0 for run in drawn), default=0)
    by_seed = all(re.fullmatch(r"seed \d+", label) for cells in panels.values() for panel in cells for label in panel.rows)
    text = "Each seed by itself" if by_seed else f"Mean over seeds {_numbers(seeds)}, as far as there are; band: one standard deviation"
    text += f". Exponential moving average, window {window}." if window > 1 else ". No smoothing."
    text += f" Steps: {furthest:,}" + (f" of {wanted:,}." if wanted and furthest < wanted else ".")
    settings = []
    for key in _TOLD:
        values = {str(run.settings.get(key)) for run in drawn}
        if len(values) == 1 and values != {"None"}:
            settings.append(f"{key} {values.pop()}")
    if settings:
        text += f" Settings: {', '.join(settings)}; the rest is in each curve's attribute `configuration`."
    versions = sorted({run.version for run in drawn if run.version})
    if versions:
        text += f" Program version {' and '.join(versions)}{' (differing!)' if len(versions) > 1 else ''}."
    missing = _missing(plan, runs)
    if missing:
        shown = missing[:8]
        more = f"; and {len(missing) - len(shown)} more" if len(missing) > len(shown) else ""
        text += f" Not complete: {'; '.join(shown)}{more}."
    if any(line_.complete < len(line_.count) for line_ in _all_lines(panels)):
        text += " Dashed: where fewer seeds have come so far."
    return text


def _all_lines(panels: dict[str, list[_Panel]]) -> Iterable[Line]:
    for value, cells in panels.items():
        for panel in cells:
            for rows in panel.rows.values():
                yield line(rows, value)


def _missing(plan: Plan | None, runs: list[Run]) -> list[str]:
    """For the caption, grouped by setting: short where the sentences on standard error are long."""
    have = {(run.environment, run.algorithm, run.variant, run.seed): run for run in runs}
    if plan:
        wanted = list(plan.runs())
    else:
        groups = {(run.environment, run.algorithm, run.variant) for run in runs}
        wanted = []
        for environment, algorithm, variant in sorted(groups):
            seeds = sorted({run.seed for run in runs if run.environment == environment})
            wanted += [(environment, algorithm, variant, seed) for seed in seeds]
    states: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for environment, algorithm, variant, seed in wanted:
        run = have.get((environment, algorithm, variant, seed))
        if run is None:
            state = "missing"
        elif run.state == "finished":
            continue
        else:
            state = run.state + (f" at {_thousands(run.step)}" if run.state in ("running", "stopped", "killed") else "")
        states[environment, algorithm + (f"+{variant}" if variant else "")][state].append(seed)
    return [
        f"{label} on {short_name(environment)} "
        + ", ".join(f"seed{'s' if len(seeds) > 1 else ''} {_numbers(seeds)} {state}" for state, seeds in groups.items())
        for (environment, label), groups in states.items()
    ]


# The picture


def _figure(title: str, panels: dict[str, list[_Panel]], window: int, caption: str, columns: int | None = None) -> Figure:
    cells = next(iter(panels.values()))
    if len(panels) > 1:
        columns, rows = len(cells), len(panels)
        grid = [(value, panel) for value, value_panels in panels.items() for panel in value_panels]
    else:
        columns = min(len(cells), columns or (4 if len(cells) != 6 else 3))
        rows = math.ceil(len(cells) / columns)
        grid = [(value, panel) for value, value_panels in panels.items() for panel in value_panels]
    labels = list(dict.fromkeys(label for value_panels in panels.values() for panel in value_panels for label in panel.rows))
    styles = {
        label: {"color": COLORS[i % len(COLORS)], "linestyle": _STYLES[i // len(COLORS) % len(_STYLES)]}
        for i, label in enumerate(labels)
    }
    width = _LEFT + columns * _PANEL_WIDTH + (columns - 1) * _BETWEEN + _RIGHT
    width = max(width, 5.5)
    legend_rows, legend_columns = _legend_shape(labels, width)
    text = textwrap.fill(caption, int((width - 0.3) / 0.0585))
    caption_height = 0.15 + _CAPTION_LINE * (text.count("\n") + 1)
    # Titles of two lines need room above the first row; between rows there is enough.
    head = 0.38 + 0.24 * legend_rows + (0.45 if any("\n" in _title(panel) for _, panel in grid) else 0.3)
    foot = 0.55 + caption_height
    between_rows = 0.75
    height = head + rows * _PANEL_HEIGHT + (rows - 1) * between_rows + foot
    figure = plt.figure(figsize=(width, height))
    panel_width = (width - _LEFT - _RIGHT - (columns - 1) * _BETWEEN) / columns
    for index, (value, panel) in enumerate(grid):
        row, column = divmod(index, columns)
        left = _LEFT + column * (panel_width + _BETWEEN)
        bottom = height - head - (row + 1) * _PANEL_HEIGHT - row * between_rows
        axes = figure.add_axes((left / width, bottom / height, panel_width / width, _PANEL_HEIGHT / height))
        _draw_panel(axes, panel, value, window, styles)
        if column == 0:
            axes.set_ylabel(_LABELS.get(value, value.replace("_", " ")), fontsize=9)
        if row == rows - 1 or index + columns >= len(grid):
            axes.set_xlabel("environment steps", fontsize=9)
    figure.text(0.5, 1 - 0.1 / height, title, ha="center", va="top", fontsize=11, weight="bold")
    handles = [plt.Line2D([], [], label=label, linewidth=2, **styles[label]) for label in labels]
    figure.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 1 - 0.34 / height), ncols=legend_columns, frameon=False,
        fontsize=8.5, columnspacing=1.5, handlelength=2.2, borderaxespad=0,
    )
    figure.text(0.15 / width, (caption_height - 0.05) / height, text, ha="left", va="top", fontsize=_CAPTION_SIZE, color="#333333")
    return figure


def _legend_shape(labels: list[str], width: float) -> tuple[int, int]:
    """Rows and columns of a legend that fits the figure."""
    longest = max((len(label) for label in labels), default=1)
    columns = max(1, min(len(labels), int((width - 0.4) / (0.068 * longest + 0.62))))
    rows = math.ceil(max(len(labels), 1) / columns)
    return rows, math.ceil(max(len(labels), 1) / rows)


def _title(panel: _Panel) -> str:
    """In lines no wider than a panel."""
    return textwrap.fill(panel.title, int(_PANEL_WIDTH / 0.07))


def _draw_panel(axes: plt.Axes, panel: _Panel, value: str, window: int, styles: dict[str, dict[str, object]]) -> None:
    axes.set_title(_title(panel), fontsize=9.5)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _thousands(x)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _thousands(y)))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if not panel.rows:
        axes.text(0.5, 0.5, "no runs yet", transform=axes.transAxes, ha="center", va="center", fontsize=9, color="#777777")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    end = 0.0
    for label, rows in panel.rows.items():
        drawn = line(rows, value, window=window)
        if not len(drawn.step):
            continue
        end = max(end, float(drawn.step[-1]))
        color = styles[label]["color"]
        n = drawn.complete
        if drawn.seeds > 1:
            low, high = drawn.mean - drawn.std, drawn.mean + drawn.std
            axes.fill_between(drawn.step, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(drawn.step[:n], drawn.mean[:n], linewidth=1.7, marker="o" if n == 1 else None, markersize=4, **styles[label])
        if n < len(drawn.step):
            axes.plot(drawn.step[max(n - 1, 0) :], drawn.mean[max(n - 1, 0) :], color=color, linewidth=1.1, linestyle=(0, (2.5, 2)))
    if end > 0:
        axes.set_xlim(0, end)


def _thousands(value: float) -> str:
    """``250k``, ``1.5M``, ``0.25``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"
