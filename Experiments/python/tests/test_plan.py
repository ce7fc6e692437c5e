"""Plans."""

from __future__ import annotations

import pathlib

import pytest

from hpo.errors import UsageError
from hpo.plan import load_plan, parse_seeds

PLAN = """
name: figure-5-momentum
environments: [Hopper, Walker2d-v4]
algorithms: [sac-hpo]
variants:
  std 0.5: {momentum_std_exploration: 0.5}
  std 1.0: {momentum_std_exploration: 1.0}
seeds: 0-2
steps: 1e6
settings: {evaluation_interval: 10000}
figure: {panels: environment, lines: variant, value: return}
"""


def write(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_names_its_runs_by_full_ids(tmp_path: pathlib.Path) -> None:
    plan = load_plan(write(tmp_path, PLAN))
    assert (plan.name, plan.environments, plan.variants, plan.seeds, plan.steps) == (
        "figure-5-momentum", ("Hopper-v2", "Walker2d-v4"), ("std 0.5", "std 1.0"), (0, 1, 2), 1_000_000,
    )  # fmt: skip
    assert len(list(plan.runs())) == 12
    assert ("Walker2d-v4", "sac-hpo", "std 1.0", 2) in plan.runs()
    assert (plan.figure.panels, plan.figure.lines, plan.figure.values) == ("environment", "variant", ("return",))


@pytest.mark.parametrize(
    ("value", "seeds"), [("0-4", (0, 1, 2, 3, 4)), ("0,2, 5-6", (0, 2, 5, 6)), (3, (3,)), ([0, "4-5"], (0, 4, 5))]
)
def test_seeds_are_ranges_and_lists(value: object, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(value) == seeds


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("steps: 1e6", "steps: many"), "'steps' is a number of environment steps, not 'many'"),
        (("seeds: 0-2", "seeds: zero"), "seeds are written 0-4 or 0,2,5-7, not 'zero'"),
        (("environments", "enviroments"), "unknown key 'enviroments'. Did you mean 'environments'?"),
        (("[Hopper,", "[Hoper,"), "unknown environment 'Hoper'. Did you mean 'Hopper'?"),
        (("lines: variant", "lines: variants"), "'figure.lines' is one of .*, not 'variants'. Did you mean 'variant'?"),
        (("panels: environment", "panels: rooms"), "'figure.panels' is environment, algorithm, variant or a mapping"),
        (("algorithms: [sac-hpo]", ""), "'algorithms' is missing"),
        (("figure: {", "figure: {colour: red, "), "unknown key 'figure.colour'"),
        (("name:", "{"), "not YAML"),
    ],
)
def test_a_mistake_in_a_plan_is_told_with_file_and_key(tmp_path: pathlib.Path, change: tuple[str, str], message: str) -> None:
    path = write(tmp_path, PLAN.replace(*change))
    with pytest.raises(UsageError, match=f"plan.yaml: .*{message}"):
        load_plan(path)


def test_a_plan_that_is_not_there_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UsageError, match="the plan '.*none.yaml' cannot be read: No such file"):
        load_plan(tmp_path / "none.yaml")
