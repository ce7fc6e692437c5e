"""Curves, figures, tables, policies and exports of Hamiltonian Policy Optimization runs; it leaves training to the program.

    data = hpo.load("runs/figure-2")             # a tidy pandas table
    policy = hpo.Policy("runs/Hopper-v2/sac-hpo/seed-0")
    action, _ = policy.predict(observation)
    hpo.evaluate(policy, hpo.make_environment(policy), episodes=10)
"""

from __future__ import annotations

from typing import Any

from .errors import HpoError, RunWarning, UsageError
from .runs import Run, find, load

__version__ = "0.1.0"
__all__ = [
    "HpoError", "Policy", "Run", "RunWarning", "UsageError", "compare", "draw_figures", "evaluate", "find", "load",
    "load_plan", "load_study_plan", "make_environment", "run_study",
]

# What needs large libraries is imported when it is first asked for.
_LATER = {
    "Policy": "policy",
    "compare": "statistics",
    "draw_figures": "figures",
    "evaluate": "evaluation",
    "load_plan": "plan",
    "load_study_plan": "study",
    "run_study": "study",
    "make_environment": "evaluation",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module 'hpo' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
