"""Plans: YAML files that name a set of runs and how their figure is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .environments import full_id
from .errors import UsageError, nearest

_KEYS = ("name", "environments", "algorithms", "variants", "seeds", "steps", "settings", "figure")
_FIGURE_KEYS = ("panels", "lines", "value", "title")
_PANELS = ("environment", "algorithm", "variant")
_LINES = ("algorithm", "variant", "environment", "seed")


@dataclass(frozen=True)
class FigureSettings:
    """How a plan's figure is drawn."""

    #: ``environment``, ``algorithm``, ``variant``: one panel for each; or panels by title, each a list of variants.
    panels: str | dict[str, list[str]] = "environment"
    #: ``algorithm``, ``variant``, ``environment`` or ``seed``: one line for each within a panel.
    lines: str = "algorithm"
    #: Columns of a run's tables; several are drawn below each other.
    values: tuple[str, ...] = ("return",)
    title: str = ""


@dataclass(frozen=True)
class Plan:
    """A set of runs: every environment with every algorithm, variant and seed."""

    name: str
    #: Full ids.
    environments: tuple[str, ...]
    algorithms: tuple[str, ...]
    #: Names; an empty one is the algorithm as it is.
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: int
    figure: FigureSettings = field(default_factory=FigureSettings)

    def runs(self) -> Iterator[tuple[str, str, str, int]]:
        """Environment, algorithm, variant and seed of every run."""
        for environment in self.environments:
            for algorithm in self.algorithms:
                for variant in self.variants:
                    for seed in self.seeds:
                        yield environment, algorithm, variant, seed


def load_plan(path: str | Path) -> Plan:
    """Reads a plan.

    Raises:
        UsageError: the file is missing or not a plan; the message names file and key.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the plan '{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}: a plan is a mapping with {', '.join(_KEYS)}")
    for key in content:
        if key not in _KEYS:
            raise UsageError(f"{path}: unknown key '{key}'.{nearest(str(key), _KEYS)}")
    for key in ("environments", "algorithms"):
        if key not in content:
            raise UsageError(f"{path}: '{key}' is missing")
    try:
        return Plan(
            name=str(content.get("name", path.stem)),
            environments=tuple(full_id(name) for name in _names(content["environments"], "environments")),
            algorithms=tuple(_names(content["algorithms"], "algorithms")),
            variants=tuple(_names(list(content.get("variants") or [""]), "variants")),
            seeds=parse_seeds(content.get("seeds", 0)),
            steps=_steps(content.get("steps", 1_000_000)),
            figure=_figure(content.get("figure") or {}),
        )
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def parse_seeds(value: Any) -> tuple[int, ...]:
    """``0-4``, ``0,2,5-7``, a number, or a list of these."""
    if isinstance(value, list):
        seeds = [seed for item in value for seed in parse_seeds(item)]
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        seeds = [value]
    elif isinstance(value, str) and re.fullmatch(r"\s*\d+(-\d+)?\s*(,\s*\d+(-\d+)?\s*)*", value):
        seeds = []
        for part in value.split(","):
            low, _, high = part.strip().partition("-")
            seeds += range(int(low), int(high or low) + 1)
    else:
        raise UsageError(f"seeds are written 0-4 or 0,2,5-7, not '{value}'")
    if not seeds:
        raise UsageError(f"'{value}' names no seed")
    return tuple(dict.fromkeys(seeds))


def _names(value: Any, key: str) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, (str, int, float)) for name in names):
        raise UsageError(f"'{key}' is a list of names, not '{value}'")
    return [str(name) for name in names]


def _steps(value: Any) -> int:
    # YAML 1.1 reads 1e6 as text.
    try:
        steps = int(float(value)) if not isinstance(value, bool) else 0
    except (TypeError, ValueError, OverflowError):
        steps = 0
    if steps < 1:
        raise UsageError(f"'steps' is a number of environment steps, not '{value}'")
    return steps


def _figure(content: Any) -> FigureSettings:
    if not isinstance(content, dict):
        raise UsageError(f"'figure' is a mapping with {', '.join(_FIGURE_KEYS)}")
    for key in content:
        if key not in _FIGURE_KEYS:
            raise UsageError(f"unknown key 'figure.{key}'.{nearest(str(key), _FIGURE_KEYS)}")
    panels = content.get("panels", "environment")
    if isinstance(panels, dict):
        panels = {str(title): _names(variants, f"figure.panels.{title}") for title, variants in panels.items()}
    elif panels not in _PANELS:
        raise UsageError(f"'figure.panels' is {', '.join(_PANELS)} or a mapping of titles to variants, not '{panels}'")
    lines = content.get("lines", "variant" if isinstance(panels, dict) else "algorithm")
    if lines not in _LINES:
        raise UsageError(f"'figure.lines' is one of {', '.join(_LINES)}, not '{lines}'.{nearest(str(lines), _LINES)}")
    return FigureSettings(panels, lines, tuple(_names(content.get("value", "return"), "figure.value")), str(content.get("title", "")))
