"""What can go wrong outside the program, in sentences."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HpoError(Exception):
    """A failure that one sentence explains: what is wrong, where, and what would be right.

    The command line prints it on one line of standard error and exits with 1.
    """

    exit_code = 1


class UsageError(HpoError):
    """A wrong command, plan or argument: exit code 2."""

    exit_code = 2


class RunWarning(UserWarning):
    """Something about a folder of runs that a reader of its figures should know."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``" Did you mean 'Hopper'?"`` or nothing, to be put at the end of a message."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean '{found[0]}'?" if found else ""
