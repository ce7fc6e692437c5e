"""The command line: ``python -m hpo figure | compare | export | scatter | study``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .errors import HpoError, UsageError


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line and exits with 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (`{self.prog} --help` lists what there is)")


def _count(text: str) -> int:
    """A whole number that may be written 1e5 or 100_000."""
    try:
        value = float(text.replace(",", "").replace("_", ""))
        if value >= 0 and value == int(value):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 0 or more")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m hpo",
        description="Figures, tables and exports of Hamiltonian Policy Optimization runs, also while they grow; and hyper-parameter "
        "studies, whose trials the program trains.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hpo (Python) {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    figure = commands.add_parser(
        "figure", help="draw learning curves as PNG and PDF",
        description="Draws curves with bands, one panel per environment or as the plan says, smoothed (as in the paper) and raw. "
        "Runs are drawn as far as they have come; what is missing is said in the caption and on standard error.",
    )
    figure.add_argument("arguments", nargs="+", metavar="[PLAN] RUNS", help="a plan's YAML file, if any, and the folder of the runs")
    figure.add_argument("--output", required=True, metavar="DIR", help="folder for the pictures")
    figure.add_argument("--name", help="of the files, in place of the plan's")
    figure.add_argument("--title", help="above the picture, in place of the name")
    figure.set_defaults(run=_figure)

    compare = commands.add_parser(
        "compare", help="a table of algorithms at one step of training",
        description="Mean ± standard deviation, interquartile mean with 95 %% stratified bootstrap intervals and probability of "
        "improvement, by rliable, with every seed shown.",
    )
    compare.add_argument("runs", metavar="RUNS", help="folder of the runs, or a plan's among them")
    compare.add_argument(
        "--at", type=_count, metavar="STEP", help="environment steps; default: the furthest that every run has reached"
    )
    compare.add_argument("--since", type=_count, metavar="STEP", help="average over all evaluations from this step to --at")
    compare.add_argument("--value", default="return", metavar="COLUMN", help="column to compare: return (default), cost, discounted_cost, length")
    compare.add_argument("--format", choices=("markdown", "csv", "latex"), default="markdown", help="what to print (markdown)")
    compare.add_argument("--output", metavar="DIR", help="folder that also gets all three as files")
    compare.set_defaults(run=_compare)

    export = commands.add_parser(
        "export", help="a run for other tools: CSV, TensorBoard, Minari, ONNX",
        description="csv: the curve's tables as files (several runs too). tensorboard: events under Stable-Baselines3's tags. "
        "minari: the whole history as a dataset. onnx: the policy as a graph from observation to action, checked with onnxruntime.",
    )
    export.add_argument("run_folder", metavar="RUN", help="the run's folder")
    export.add_argument("--format", required=True, choices=("csv", "tensorboard", "minari", "onnx"))
    export.add_argument("--output", required=True, metavar="FILE_OR_FOLDER", help="a folder; for onnx and csv also a file")
    export.add_argument("--follow", action="store_true", help="tensorboard: go on until the run is finished, or Ctrl-C")
    export.add_argument("--interval", type=float, default=10, metavar="SECONDS", help="between looks at the run with --follow (10)")
    export.add_argument("--dataset-id", metavar="ID", help="minari: the dataset's id, made of the run's names by default")
    export.add_argument("--best", action="store_true", help="onnx: the policy of the best evaluation, not the last")
    export.add_argument("--snapshot", type=_count, metavar="STEP", help="onnx: the policy kept at this step")
    export.set_defaults(run=_export)

    scatter = commands.add_parser(
        "scatter", help="draw base and evolved actions over Q, as the paper's figure 7",
        description="Draws files that `hpo actions` wrote, one panel each, in the order of their steps.",
    )
    scatter.add_argument("files", nargs="+", metavar="ACTIONS.h5")
    scatter.add_argument("--output", required=True, metavar="DIR", help="folder for the pictures")
    scatter.add_argument("--name", default="actions", help="of the pictures (actions)")
    scatter.set_defaults(run=_scatter)

    study = commands.add_parser(
        "study", help="search for good settings: Optuna proposes, hpo trains",
        description="Trains trials of a study, as many at a time as there are processors, and gives up those that fall behind. The same "
        "command goes on with a study that was stopped or killed. Trials are runs below OUT/NAME, beside study.db, trials.csv and best.yaml.",
    )
    study.add_argument("study", metavar="STUDY", help="a YAML file: environment, algorithm, steps, settings, space …")
    study.add_argument("--out", default="runs", metavar="DIR", help="folder of runs (runs)")
    study.add_argument("--trials", type=_count, metavar="N", help="trials in all, in place of the file's")
    study.add_argument("--jobs", type=_count, metavar="N", help="trials at a time, one thread each (a processor each)")
    study.add_argument("--program", metavar="HPO", help="the program (what HPO_PROGRAM names, or hpo on the path)")
    study.set_defaults(run=_study)
    return parser


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"hpo: {note}", file=sys.stderr)


def _figure(options: argparse.Namespace) -> None:
    from .figures import draw_figures

    if len(options.arguments) > 2:
        raise UsageError(f"figure takes a plan and a folder of runs, not {len(options.arguments)} paths")
    *plan, runs = options.arguments
    if not plan and Path(runs).suffix in (".yaml", ".yml"):
        raise UsageError(f"name the folder of the runs after the plan: python -m hpo figure {runs} runs --output {options.output}")
    files, notes = draw_figures(runs, options.output, plan[0] if plan else None, name=options.name, title=options.title)
    _say(notes)
    for file in files:
        print(file)


def _compare(options: argparse.Namespace) -> None:
    from . import statistics

    comparison = statistics.compare(options.runs, options.at, since=options.since, value=options.value)
    if options.format == "csv":
        print(statistics.tables(comparison)[0].to_csv(index=False), end="")
    elif options.format == "latex":
        print(statistics.latex(comparison), end="")
    else:
        print(statistics.markdown(comparison), end="")
    if options.format != "markdown":
        _say(comparison.notes)
    if options.output:
        for file in statistics.write(comparison, options.output):
            print(f"hpo: wrote {file}", file=sys.stderr)


def _export(options: argparse.Namespace) -> None:
    allowed = {"follow": "tensorboard", "dataset_id": "minari", "best": "onnx", "snapshot": "onnx"}
    for name, format_name in allowed.items():
        if getattr(options, name) not in (None, False) and options.format != format_name:
            raise UsageError(f"--{name.replace('_', '-')} goes with --format {format_name}, not {options.format}")
    if not 0 < options.interval < float("inf"):
        raise UsageError(f"--interval must be more than 0 seconds, not {options.interval:g}")
    if options.format == "csv":
        from .tables import export_csv

        files, notes = export_csv(options.run_folder, options.output)
        _say(notes)
        for file in files:
            print(file)
    elif options.format == "tensorboard":
        from .tensorboard_events import export_tensorboard

        written = export_tensorboard(options.run_folder, options.output, follow=options.follow, interval=options.interval)
        count = 0
        try:
            for count in written:
                if options.follow:
                    print(f"{count} scalars in {options.output}", flush=True)
        except KeyboardInterrupt:
            # The way to stop following.
            written.close()
        if not options.follow:
            print(f"{count} scalars in {options.output}")
    elif options.format == "minari":
        from .minari_dataset import export_minari

        dataset = export_minari(options.run_folder, options.output, options.dataset_id)
        print(f"{dataset} in {options.output}: MINARI_DATASETS_PATH={options.output}, minari.load_dataset('{dataset}')")
    else:
        from .onnx_graph import export_onnx

        file, largest = export_onnx(options.run_folder, options.output, best=options.best, snapshot=options.snapshot)
        print(f"{file}: onnxruntime's actions are within {largest:.1g} of the policy's, half an action's range being 1")


def _scatter(options: argparse.Namespace) -> None:
    from .scatter import draw_scatter

    for file in draw_scatter(options.files, options.output, options.name):
        print(file)


def _study(options: argparse.Namespace) -> None:
    from .study import run_study

    run_study(
        options.study, options.out, trials=options.trials, jobs=options.jobs, program=options.program,
        say=lambda line: print(line, flush=True),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns:
        0; 2 for a wrong command, plan or argument; 1 for what failed.
    """
    try:
        options = _parser().parse_args(arguments)
        action: Any = options.run
        action(options)
        sys.stdout.flush()
        return 0
    except HpoError as error:
        print(f"hpo: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has gone: `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
