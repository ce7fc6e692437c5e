"""Opening a run's HDF5 files without disturbing the run, and writing results as a whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from .errors import HpoError

#: What reading a damaged or foreign HDF5 file raises, by the library, by h5py and by what is made of what was read.
UNREADABLE = (
    OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, IndexError, OverflowError, MemoryError, yaml.YAMLError,
)  # fmt: skip

# With SWMR, HDF5 reads metadata again whose checksum is wrong, since a writer may be at them: up to a hundred times, waiting twice as
# long each time, which in a file that is damaged is for ever (2^100 ns). These are a sixtieth of a second in all.
_READ_ATTEMPTS = 24

# How a collection of a global heap begins, version 1.
_HEAP = b"GCOL\x01\0\0\0"

# gzip gives at most about a thousandth.
_LARGEST_COMPRESSION = 1100


def open_read(path: Path) -> tuple[h5py.File, bool]:
    """Opens a file that a run may be writing.

    No lock is taken: a reader never keeps a run from its own files.

    Returns:
        The open file, and whether it is marked as being written: a run is at it, or was killed and has not been continued.

    Raises:
        OSError: the file is missing, damaged or not HDF5.
    """
    _check_strings(path)
    # A writer's mark makes the ordinary way fail, and SWMR's fails without it. The mark may come or go between looking and opening.
    for _ in range(3):
        is_marked = _is_marked(path)
        try:
            return (_open_swmr(path) if is_marked else _open_plain(path)), is_marked
        except (OSError, RuntimeError):
            if _is_marked(path) == is_marked:
                raise
    raise OSError(f"'{path}' is opened and closed faster than it can be read")


def _is_marked(path: Path) -> bool:
    """Whether the superblock has a writer's mark (bit 0 of the flags, in layouts from version 3 on)."""
    with open(path, "rb") as file:
        start = file.read(12)
    return len(start) == 12 and start.startswith(b"\x89HDF\r\n\x1a\n") and start[8] >= 3 and start[11] & 1 == 1


def _check_strings(path: Path) -> None:
    """Walks the heaps that hold strings, as HDF5 does when it reads an attribute.

    They carry no checksum, and HDF5 2.0 goes round for ever at one that was overwritten: an item that takes no space.

    Raises:
        OSError: such a heap.
    """
    with open(path, "rb") as file:
        # They are written with the attributes, before the first row.
        start = file.read(1 << 24)
    place = start.find(_HEAP)
    while place >= 0:
        end = place + int.from_bytes(start[place + 8 : place + 16], "little")
        item = place + 16
        while item + 16 <= min(end, len(start)):
            index, size = int.from_bytes(start[item : item + 2], "little"), int.from_bytes(start[item + 8 : item + 16], "little")
            # The rest of the collection is an item of number 0, whose size counts its head.
            needed = size if index == 0 else 16 + -(-size // 8) * 8
            if needed < 16 or item + needed > end:
                raise OSError(f"the strings at byte {place:,} are damaged")
            item += needed
        place = start.find(_HEAP, place + 8)


def _open_plain(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "file locking flag" not in str(error):
            raise
        # This process has it open already, with a lock: HDF5 shares that, and takes no further one.
        return h5py.File(path, "r")


def _open_swmr(path: Path) -> h5py.File:
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    access.set_file_locking(False, False)
    _set_read_attempts(access.id, _READ_ATTEMPTS)
    return h5py.File(h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDONLY | h5py.h5f.ACC_SWMR_READ, access))


def _set_read_attempts(access: int, attempts: int) -> None:
    """``H5Pset_metadata_read_attempts``, which h5py does not have: found in the HDF5 that its modules are linked with."""
    function = ctypes.CDLL(h5py.h5p.__file__).H5Pset_metadata_read_attempts
    function.argtypes, function.restype = [ctypes.c_int64, ctypes.c_uint], ctypes.c_int
    if function(access, attempts) < 0:
        raise RuntimeError("HDF5 refuses to bound its attempts at reading")


def read_column(group: h5py.Group, name: str, rows: int | None = None) -> np.ndarray:
    """A dataset's first rows, or all of them, after a look at what a damaged file could say of it.

    Raises:
        KeyError: there is none of that name.
        ValueError: it is no dataset of numbers, has fewer rows, or more than its file could hold.
    """
    data = dataset_of(group, name)
    if rows is not None and len(data) < rows:
        raise ValueError(f"{_path(group, name)} has {len(data):,} rows where {rows:,} belong together")
    return data[:] if rows is None else data[:rows]


def dataset_of(group: h5py.Group, name: str) -> h5py.Dataset:
    """A dataset of numbers that has rows; raises as ``read_column``."""
    data = group[name]
    if not isinstance(data, h5py.Dataset) or data.ndim == 0 or data.dtype.kind not in "iufb":
        raise ValueError(f"{_path(group, name)} is not rows of numbers")
    size = os.path.getsize(group.file.filename)
    if data.nbytes > size * _LARGEST_COMPRESSION:
        raise ValueError(f"{_path(group, name)} says that it has {len(data):,} rows, more than a file of {size:,} bytes holds")
    return data


def group_of(file: h5py.Group, name: str) -> h5py.Group:
    """A group; ``KeyError`` where there is none of that name, ``ValueError`` where it is something else."""
    group = file[name]
    if not isinstance(group, h5py.Group):
        raise ValueError(f"{_path(file, name)} is no group")
    return group


def _path(group: h5py.Group, name: str) -> str:
    return f"{group.name}/{name}".replace("//", "/")


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
