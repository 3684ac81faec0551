"""What stands in the columns of this table, however badly it was written?"""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from clew.errors import BadCase
from clew.tables import Floats

TEXT_BYTES = 512_000_000
"""Beyond this an unpacked file is not read: a small archive can unpack to a disk full."""
ROWS = 2_000_000
CELL_BYTES = 16_000_000
MENDING = "Is the file cut short? Copy it again, or record the case again."


class _Bounded(io.RawIOBase):
    """Reads a file and refuses to go on after TEXT_BYTES."""

    def __init__(self, raw: IO[bytes], path: Path) -> None:
        self._raw = raw
        self._path = path
        self._left = TEXT_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._raw.read(len(buffer))
        self._left -= len(chunk)
        if self._left < 0:
            raise BadCase(f"{self._path}: more than {TEXT_BYTES:,} bytes unpacked. Record a shorter stretch of time.")
        buffer[: len(chunk)] = chunk
        return len(chunk)


def texts(path: Path) -> Iterator[str]:
    """The lines of a file (gzip if its name says so), bad UTF-8 replaced, NULs dropped. Raises BadCase."""
    try:
        with path.open("rb") as plain, gzip.open(plain) if path.suffix == ".gz" else plain as raw:
            bounded = io.BufferedReader(_Bounded(raw, path), 1 << 20)  # pyright: ignore[reportArgumentType]
            for line in io.TextIOWrapper(bounded, "utf-8", errors="replace", newline=""):
                yield line.replace("\0", "") if "\0" in line else line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadCase(f"{path}: {reason}. {MENDING}") from error


def table(path: Path, needed: tuple[str, ...]) -> tuple[dict[str, tuple[str, ...]], int]:
    """The columns of a CSV file by name, and how many rows were dropped because their cells did not fit the header.

    Raises BadCase with file and line where the file itself is broken or lacks a column in `needed`.
    """
    csv.field_size_limit(CELL_BYTES)  # the library keeps this limit per process; its default refuses a 1 MB message
    reader = csv.reader(texts(path))
    try:
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        missing = [name for name in needed if name not in header]
        if missing:
            raise BadCase(f"{path}:1: no column {', '.join(missing)} in the header. {MENDING}")
        width, rows, dropped = len(header), [], 0
        for row in reader:
            if len(row) == width:
                rows.append(row)
            elif row:
                dropped += 1
            if len(rows) > ROWS:
                raise BadCase(f"{path}:{reader.line_num}: more than {ROWS:,} rows. Record a shorter stretch of time.")
    except csv.Error as error:
        raise BadCase(f"{path}:{reader.line_num}: {error}. {MENDING}") from error
    columns: list[tuple[str, ...]] = list(zip(*rows, strict=True)) if rows else [() for _ in header]
    return dict(zip(header, columns, strict=True)), dropped


def numbers(cells: tuple[str, ...]) -> Floats:
    """A column as numbers, in one step where it is clean; NaN where a cell is empty, infinite or no number."""
    try:
        values = np.array([cell or "nan" for cell in cells], dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    values[np.isinf(values)] = np.nan
    return values


def moments(cells: tuple[str, ...]) -> Floats:
    """A column of Unix seconds; NaN for what no clock of ours shows (before 1970, after the year 5138)."""
    times = numbers(cells)
    times[(times < 0) | (times > 1e11)] = np.nan
    return times


def _number(cell: str) -> float:
    try:
        return float(cell) if cell else math.nan
    except ValueError:
        return math.nan


def coded(cells: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """A column as indices (int32) into its distinct names, names in order of first appearance."""
    names: dict[str, int] = {}
    indices = [names.setdefault(cell, len(names)) for cell in cells]
    return np.array(indices, dtype=np.int32), tuple(names)
