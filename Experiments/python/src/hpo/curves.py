"""From tables of runs to the lines of a figure: smoothing, and mean and spread over seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Line:
    """Mean and spread over the seeds of one setting."""

    #: Environment steps, ascending.
    step: np.ndarray
    mean: np.ndarray
    #: Standard deviation over seeds (the population's: divided by their number).
    std: np.ndarray
    #: Seeds that have come so far.
    count: np.ndarray

    @property
    def seeds(self) -> int:
        """Seeds at the beginning of the line."""
        return int(self.count.max()) if len(self.count) else 0

    @property
    def complete(self) -> int:
        """Points at which all seeds are there."""
        fewer = np.flatnonzero(self.count < self.seeds)
        return int(fewer[0]) if len(fewer) else len(self.count)


def smooth(values: pd.Series, window: int) -> pd.Series:
    """Exponential moving average with span ``window`` (weight 2/(window + 1) for the newest), as ``pandas.Series.ewm`` has it.

    Values that are not numbers stay so and weigh nothing.
    """
    if window <= 1:
        return values
    return values.ewm(span=window, ignore_na=True).mean().where(values.notna())


def line(data: pd.DataFrame, value: str, *, window: int = 1) -> Line:
    """Mean and spread of a column over seeds, step by step.

    Args:
        data: rows of one setting, with ``seed``, ``step`` and ``value``; each seed is smoothed by itself before the mean is taken.
        window: of the moving average; 1 for none.

    Returns:
        Every step at which some seed has a value between its first and last. Seeds recorded at other steps are interpolated
        linearly, never beyond their ends.
    """
    columns = {}
    for key, rows in data.groupby(["plan", "seed"]):
        series = rows.drop_duplicates("step", keep="last").set_index("step")[value].sort_index()
        columns[key] = smooth(series, window).dropna()
    columns = {key: series for key, series in columns.items() if len(series)}
    if not columns:
        empty = np.empty(0)
        return Line(empty, empty, empty, np.empty(0, int))
    table = pd.DataFrame(columns).sort_index().interpolate("index", limit_area="inside")
    return Line(
        table.index.to_numpy(),
        table.mean(axis=1).to_numpy(),
        table.std(axis=1, ddof=0).to_numpy(),
        table.notna().sum(axis=1).to_numpy(),
    )
