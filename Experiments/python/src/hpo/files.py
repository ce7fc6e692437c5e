"""Opening a run's HDF5 files without disturbing the run, and writing results as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import HpoError


def open_read(path: Path) -> tuple[h5py.File, bool]:
    """Opens a file that a run may be writing.

    No lock is taken: a reader never keeps a run from its own files.

    Returns:
        The open file, and whether it is marked as being written: a run is at it, or was killed and has not been continued.

    Raises:
        OSError: the file is missing, damaged or not HDF5.
    """
    try:
        return h5py.File(path, "r", locking=False), False
    except OSError:
        if not path.is_file():
            raise
        # A writer's mark makes the ordinary way fail; SWMR's passes it. What is really damaged fails again.
        return h5py.File(path, "r", libver="latest", swmr=True, locking=False), True


def reason(error: BaseException) -> str:
    """HDF5's message without its stack of C functions, on one line."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


def plain(value: Any) -> Any:
    """An attribute as Python has it: bytes become text, numpy scalars numbers."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.shape == ():
        return plain(value[()])
    return value


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside ``path`` that takes its place when the block ends well, and is removed otherwise."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays: libraries tell the format by it.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise HpoError(f"'{path}' cannot be written: {error.strerror or error}") from error
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp is for secrets (0600); results are for everybody whom the umask lets.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise HpoError(f"'{path}' cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replaces a text file as a whole."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
