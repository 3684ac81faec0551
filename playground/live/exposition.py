"""How would a recorded table of metrics look had an ordinary Prometheus scraped it?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clew.tables import Floats, Matrix, SeriesKey

_CALLEE = re.compile(r"\[([^\]]*)\]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-zA-Z0-9_]+")


@dataclass(frozen=True)
class Scraped:
    """One series as Prometheus holds it: a name by its rules (base units, the unit last) and labels."""

    name: str
    labels: tuple[tuple[str, str], ...]
    factor: float = 1.0
    """What a recorded value is multiplied by to be in the base unit."""


_ENOUGH = 8
_COUNTED = ("_total", "_sum", "_count", "_bucket")
_UNITS: dict[str, tuple[str, float]] = {
    "s": ("seconds", 1.0),
    "ms": ("milliseconds", 1.0),
    "%": ("percent", 1.0),
    "1/s": ("per_second", 1.0),
    "Ops": ("per_second", 1.0),
    "MB": ("bytes", 1e6),
    "Mi": ("bytes", 2.0**20),
    "m": ("millicores", 1.0),
}
"""The end of a name for each unit that recordings have, and the base unit in it."""


def scraped(key: SeriesKey, *, grows: bool = False) -> Scraped:
    """`call-latency[cart]-p90` in `s` is `call_latency_p90_seconds{callee="cart"}`; what has no service has no such label.

    Only one that `grows` may have a name that counters have by convention: `requests-Sum` of five minutes is none.
    """
    ends, factor = _UNITS.get(key.unit, (key.unit.lower(), 1.0))
    name = _snake("-".join((_CALLEE.sub("", key.metric), ends)).strip("-"))
    if not grows and name.endswith(_COUNTED):
        name += "_per_interval"
    callee = _CALLEE.search(key.metric)
    told = (
        ("service", key.service),
        ("instance", key.instance),
        ("callee", callee[1] if callee else ""),
        *key.labels,
    )
    return Scraped(name, tuple((label, value) for label, value in told if value), factor)


def grows(values: Floats) -> bool:
    """Whether a series (T,) never falls but for a restart now and then, and rises at all; a few samples may rise by chance."""
    steps = np.diff(values[np.isfinite(values)])
    return len(steps) >= _ENOUGH and bool(np.mean(steps >= 0) >= 0.95) and bool(np.any(steps > 0))


def _snake(name: str) -> str:
    parts = _OTHER.sub("_", _HUMP.sub("_", name)).lower().split("_")
    whole = "_".join(part for part in parts if part)
    return whole if whole[:1].isalpha() else f"m_{whole}"


def written(matrix: Matrix, path: Path) -> int:
    """Writes the samples as OpenMetrics text, times to the millisecond, gaps as nothing at all; returns how many there are."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in _lines(matrix):
            file.write(line)
            count += 1
        file.write("# EOF\n")
    return count


def _lines(matrix: Matrix) -> Iterator[str]:
    times = np.round(matrix.times, 3)
    for row, key in enumerate(matrix.keys):
        one = scraped(key, grows=grows(matrix.values[row]))
        labels = ",".join(f'{label}="{_quoted(value)}"' for label, value in one.labels)
        for place in np.flatnonzero(np.isfinite(matrix.values[row])):
            value = float(matrix.values[row, place]) * one.factor
            yield f"{one.name}{{{labels}}} {value!r} {times[place]:.3f}\n"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
