"""The command line: ``python -m hpo figure | compare | export``."""

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
        description="Figures, tables and exports of Hamiltonian Policy Optimization runs, also while they grow. It never trains.",
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
    compare.add_argument("--value", default="return", help="column to compare: return (default), cost, discounted_cost, length")
    compare.add_argument("--format", choices=("markdown", "csv", "latex"), default="markdown", help="what to print (markdown)")
    compare.add_argument("--output", metavar="DIR", help="folder that also gets all three as files")
    compare.set_defaults(run=_compare)
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
    files, notes = draw_figures(runs, options.output, plan[0] if plan else None)
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
