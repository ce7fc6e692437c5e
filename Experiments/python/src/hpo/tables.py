"""Curves as CSV, for everything that reads tables."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import HpoError
from .files import write_text
from .runs import TABLES, find, load


def export_csv(folder: str | os.PathLike[str], output: str | os.PathLike[str]) -> tuple[list[Path], list[str]]:
    """Writes the tables of one or more runs.

    Args:
        folder: as ``hpo.load``'s.
        output: a folder, which gets ``evaluation.csv``, ``returns.csv``, ``episode.csv`` and ``update.csv``; or a file that ends in
            ``.csv``, which gets the first.

    Returns:
        The files, and what a reader should know.

    Raises:
        UsageError: no such folder.
        HpoError: nothing to write.
    """
    runs = find(folder)
    path = Path(output)
    names = ["evaluation"] if path.suffix == ".csv" else list(TABLES)
    files, notes = [], []
    for name in names:
        data = load(runs, name, warn=False)
        notes += [note for note in data.attrs["notes"] if note not in notes]
        if not data.shape[1] > 6:
            raise HpoError("; ".join([f"no curve to write in '{folder}'", *notes]))
        file = path if path.suffix == ".csv" else path / f"{name}.csv"
        write_text(file, data.to_csv(index=False))
        files.append(file)
    return files, notes
