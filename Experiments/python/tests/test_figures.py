"""Lines and pictures of learning curves."""

from __future__ import annotations

import pathlib
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from conftest import cut
from matplotlib.figure import Figure
from PIL import Image

from hpo import figures
from hpo.curves import line, smooth
from hpo.errors import HpoError, UsageError
from hpo.figures import draw_figures
from hpo.plan import load_plan

PLAN = """
name: mini
environments: [Hopper, HalfCheetah, Walker2d]
algorithms: [sac-hpo, sac]
seeds: 0-2
steps: 300
"""


def table(**seeds: list[float]) -> pd.DataFrame:
    """Seeds by name, each a list of values at steps 10, 20, …"""
    rows = [
        {"plan": "", "seed": int(name[1:]), "step": 10 * (i + 1), "return": value}
        for name, values in seeds.items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def text_of(image: pathlib.Path) -> str:
    return Image.open(image).text["Description"]


def test_a_line_is_the_mean_over_seeds_with_the_populations_deviation() -> None:
    drawn = line(table(s0=[1, 2, 3], s1=[3, 6, 9]), "return")
    assert drawn.step.tolist() == [10, 20, 30]
    assert drawn.mean.tolist() == [2, 4, 6]
    assert drawn.std.tolist() == [1, 2, 3]
    assert drawn.complete == 3


def test_a_line_goes_on_with_the_seeds_that_there_are_and_knows_where_some_end() -> None:
    drawn = line(table(s0=[1, 2, 3], s1=[3, 6]), "return")
    assert drawn.mean.tolist() == [2, 4, 3]
    assert drawn.count.tolist() == [2, 2, 1]
    assert drawn.complete == 2


def test_seeds_recorded_at_other_steps_are_interpolated_and_never_beyond_their_ends() -> None:
    data = table(s0=[1, 2, 3])
    data = pd.concat([data, pd.DataFrame({"plan": "", "seed": 1, "step": [10, 30], "return": [10.0, 30.0]})])
    drawn = line(data, "return")
    assert drawn.step.tolist() == [10, 20, 30]
    assert drawn.mean.tolist() == [5.5, 11, 16.5]
    late = pd.concat([table(s0=[1, 2, 3]), pd.DataFrame({"plan": "", "seed": 1, "step": [20], "return": [10.0]})])
    assert line(late, "return").count.tolist() == [1, 2, 1]


def test_smoothing_is_the_exponential_moving_average_of_that_window() -> None:
    values = pd.Series([1.0, 5.0, 2.0, 8.0])
    weight = 1 - 2 / (5 + 1)
    expected = [
        sum(weight**j * values[i - j] for j in range(i + 1)) / sum(weight**j for j in range(i + 1)) for i in range(len(values))
    ]
    np.testing.assert_allclose(smooth(values, 5), expected, rtol=1e-12)
    assert smooth(values, 1).tolist() == values.tolist()
    # A hole stays one and weighs nothing.
    holed = smooth(pd.Series([1.0, np.nan, 5.0]), 5)
    assert np.isnan(holed[1]) and holed[2] == pytest.approx((5 + weight * 1) / (1 + weight))


def test_every_figure_comes_as_png_and_pdf_smoothed_and_raw_with_its_caption_inside(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    files, notes = draw_figures(mini, tmp_path / "out")
    assert [file.name for file in files] == ["runs.png", "runs.pdf", "runs-raw.png", "runs-raw.pdf"]
    assert all(file.stat().st_size > 5000 for file in files)
    caption = text_of(files[0])
    for part in (
        "Mean over seeds 0-2, as far as there are; band: one standard deviation.", "Exponential moving average, window 5.",
        "Steps: 300.", "hidden_size 16", "evaluation_episodes 2", "Program version 0.1.0.",
        "Not complete: sac on HalfCheetah seed 1 missing.",
    ):  # fmt: skip
        assert part in caption
    assert "No smoothing." in text_of(files[2])
    assert notes == ["HalfCheetah-v2: sac has no run with seed 1, which others have there"]


def test_a_name_and_a_title_are_for_one_figure(runs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    files, _ = draw_figures(runs / "costs", tmp_path / "out", name="front", title="Costs on Ant")
    assert [file.name for file in files] == ["front.png", "front.pdf", "front-raw.png", "front-raw.pdf"]
    assert Image.open(files[0]).text["Title"] == "Costs on Ant"
    with pytest.raises(UsageError, match="one name or title, and 2 figures to draw: costs, mini; name the folder of one of them"):
        draw_figures(runs, tmp_path / "out", name="front")


def test_the_same_curves_give_the_same_bytes(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    once, again = (draw_figures(mini, tmp_path / name)[0] for name in ("a", "b"))
    assert [file.read_bytes() for file in once] == [file.read_bytes() for file in again]


def test_a_plans_figure_says_what_is_missing_unfinished_damaged_or_of_another_version(
    mini: pathlib.Path, tmp_path: pathlib.Path, write_run
) -> None:
    hopper = mini / "Hopper-v2"
    write_run(hopper / "sac-hpo" / "seed-0").append(20)
    cut(hopper / "sac-hpo" / "seed-1" / "curve.h5", 1)
    with h5py.File(hopper / "sac" / "seed-0" / "curve.h5", "r+") as file:
        file.attrs["program_version"] = "0.2.0"
    (hopper / "sac" / "seed-1" / "curve.h5").unlink()
    (hopper / "sac" / "seed-2" / "curve.h5").write_bytes(b"no curve")
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    files, notes = draw_figures(mini.parent, tmp_path / "out", plan)
    caption = text_of(files[0])
    for part in (
        "sac-hpo on Hopper seed 0 running at 200, seed 1 stopped at 100",
        "sac on Hopper seed 1 empty, seed 2 damaged",
        "sac-hpo on HalfCheetah seed 2 missing",
        "sac on HalfCheetah seeds 1-2 missing",
        "sac-hpo on Walker2d seeds 0-2 missing",
        "Program version 0.1.0 and 0.2.0 (differing!).",
        "Dashed: where fewer seeds have come so far.",
    ):
        assert part in caption
    assert any("mini: sac-hpo on Walker2d-v2 has no run with seeds 0-2" in note for note in notes)
    assert any("seed-2: curve.h5 cannot be read" in note for note in notes)
    assert [file.name for file in files] == ["mini.png", "mini.pdf", "mini-raw.png", "mini-raw.pdf"]


def test_runs_that_a_plan_does_not_name_stay_out_of_its_figure(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.replace("[sac-hpo, sac]", "[sac]").replace("Hopper, HalfCheetah, Walker2d", "Hopper"), encoding="utf-8")
    loaded = load_plan(plan)
    kept = figures._of_plan(mini.parent, loaded)
    assert {(run.plan, run.environment, run.algorithm) for run in kept} == {("mini", "Hopper-v2", "sac")}


def test_variants_are_lines_or_panels_by_title(mini: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for seed, name in enumerate(("K 1", "K 2", "std 1")):
        target = mini / "Hopper-v2" / f"sac-hpo+{name}"
        target.mkdir()
        shutil.copytree(mini / "Hopper-v2" / "sac-hpo" / f"seed-{seed}", target / f"seed-{seed}")
    text = "name: mini\nenvironments: [Hopper]\nalgorithms: [sac-hpo]\nvariants: {K 1: {}, K 2: {}, std 1: {}}\nseeds: 0-2\nsteps: 300\n"
    plan = tmp_path / "plan.yaml"
    plan.write_text(text + "figure: {panels: {steps: [K 1, K 2], deviation: [std 1]}}\n", encoding="utf-8")
    loaded = load_plan(plan)
    runs = figures._of_plan(mini.parent, loaded)
    panels = figures._panels(figures._with_value(runs, "return"), loaded, loaded.figure)
    assert [(panel.title, list(panel.rows)) for panel in panels] == [("steps", ["K 1", "K 2"]), ("deviation", ["std 1"])]
    plan.write_text(text + "figure: {lines: variant}\n", encoding="utf-8")
    loaded = load_plan(plan)
    (panel,) = figures._panels(figures._with_value(runs, "return"), loaded, loaded.figure)
    assert list(panel.rows) == ["K 1", "K 2", "std 1"]


def test_several_values_are_rows_of_panels_and_update_scalars_are_values_too(runs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "name: costs\nenvironments: [Ant]\nalgorithms: [safe-sac-hpo]\nsteps: 300\n"
        "figure: {value: [return, discounted_cost, lambda]}\n", encoding="utf-8",
    )  # fmt: skip
    files, _ = draw_figures(runs, tmp_path / "out", plan)
    width, height = Image.open(files[0]).size
    assert height > 1.3 * width
    plan.write_text(plan.read_text(encoding="utf-8").replace("lambda", "lamda"), encoding="utf-8")
    with pytest.raises(UsageError, match="the runs record no 'lamda'; they have .*Did you mean 'lambda'"):
        draw_figures(runs, tmp_path / "out", plan)


def test_nothing_to_draw_is_said_with_the_reason(tmp_path: pathlib.Path) -> None:
    (tmp_path / "runs" / "Hopper-v2" / "sac" / "seed-0").mkdir(parents=True)
    with pytest.raises(HpoError, match="nothing to draw in .*an empty folder"):
        draw_figures(tmp_path / "runs", tmp_path / "out")


def expect_no_collisions(figure: Figure) -> None:
    """Boxes of every text and every panel, measured by the renderer."""
    renderer = figure.canvas.get_renderer()
    axes_boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    texts = [text.get_window_extent(renderer) for text in figure.texts] + [figure.legends[0].get_window_extent(renderer)]
    boxes = axes_boxes + texts
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert not one.overlaps(other), (one, other)
    whole = figure.bbox
    assert all(box.x0 >= whole.x0 and box.x1 <= whole.x1 and box.y0 >= whole.y0 and box.y1 <= whole.y1 for box in boxes)


def test_labels_titles_and_captions_do_not_collide(mini: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(5):
        target = mini / "Hopper-v2" / f"sac-hpo+a variant with quite a long name, number {i}"
        target.mkdir()
        shutil.copytree(mini / "Hopper-v2" / "sac-hpo" / "seed-0", target / "seed-0")
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, *rest: drawn.append(figure) or [tmp_path])
    draw_figures(mini, tmp_path / "out")
    for figure in drawn:
        expect_no_collisions(figure)


def test_figure_5_has_a_row_for_each_task_and_a_column_for_each_group(
    mini: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = pathlib.Path(__file__).resolve().parents[2] / "paper" / "figure-5.yaml"
    for variant in ("K-1", "training-0.01", "exploration-1.5"):
        for task in ("Hopper-v2", "Walker2d-v2"):
            shutil.copytree(mini / "Hopper-v2" / "sac-hpo" / "seed-0", mini / task / f"sac-hpo+{variant}" / "seed-0")
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, *rest: drawn.append(figure) or [tmp_path])
    draw_figures(mini, tmp_path / "out", shipped)
    for figure in drawn:
        titles = [axes.get_title().replace("\n", " ") for axes in figure.axes]
        assert len(titles) == 9 and titles[3] == "Walker2d: deviation of the momentum in training"
        places = [axes.get_position() for axes in figure.axes]
        assert places[3].x0 == places[0].x0 and places[3].y1 < places[0].y0
        expect_no_collisions(figure)
