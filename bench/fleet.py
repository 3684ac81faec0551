"""What does a large fleet look like when one of its services fails: noise of every width, lone blips, and callers that wait."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clew.incident import Signal, Symptom
from clew.tables import CallGraph, Floats, Matrix, SeriesKey

POINTS = 720
STEP = 15.0
"""Seconds: 720 points are three hours."""
ONSET_POINT = 660
METRICS = (
    ("cpu_usage", "%"),
    ("memory_usage", "%"),
    ("latency-p99", "s"),
    ("error_rate", ""),
    ("requests", "1/s"),
    ("queue_depth", ""),
    ("pool_inuse", ""),
    ("disk_usage", "%"),
    ("gc_pause", "s"),
    ("sent_bytes", ""),
)
_FAILING = {"cpu_usage": 8.0, "latency-p99": 10.0, "queue_depth": 12.0, "pool_inuse": 8.0}
"""What moves in the sick service, in units of the series' noise; on top comes `_SHARE` of its level."""
_SHARE = 0.3
_WAITING = {"latency-p99": 4.0}
"""What moves in the services that call it."""
_WIDTHS = (1e-6, 0.002, 0.02, 0.1)
"""Noise of a series as a share of its level; a quarter of all series hardly ever move."""
_BLIPS = 1 / 4000
"""Share of samples that stand out for no reason, by up to `_BLIP` of the level: little beside a wide noise, everything beside none."""
_BLIP = 0.6


@dataclass(frozen=True)
class Fleet:
    """Services with `pods` instances of every metric; `sick` fails at `ONSET_POINT`. The same seed makes the same fleet."""

    services: int
    pods: int = 10
    seed: int = 0
    sick: int = 0

    @property
    def series(self) -> int:
        return self.services * self.pods * len(METRICS)

    @property
    def times(self) -> Floats:
        return (1.7e9 + STEP * np.arange(POINTS)).astype(np.float64)

    @property
    def onset(self) -> float:
        return float(self.times[ONSET_POINT])

    @property
    def graph(self) -> CallGraph:
        """A tree: every service but the first is called by one before it."""
        edges = tuple((name(self.caller(place)), name(place)) for place in range(1, self.services))
        return CallGraph(edges, "made up", services=tuple(name(place) for place in range(self.services)))

    @property
    def symptom(self) -> Symptom:
        return Symptom(service=name(self.caller(self.sick)), signal=Signal.LATENCY, metric="latency-p99")

    def caller(self, place: int) -> int:
        return (place - 1) // 3 if place else 0

    def part(self, first: int, last: int, kind: DTypeLike = np.float64) -> Matrix:
        """The series of some services (`first` up to, not including, `last`), as numbers of that precision."""
        rng = np.random.default_rng((self.seed, first, last))
        count = (last - first) * self.pods * len(METRICS)
        level = np.exp(rng.uniform(0.0, 4.0, count))
        noise = level * rng.choice(_WIDTHS, count)
        values = rng.standard_normal((count, POINTS), dtype=np.float32).astype(kind, copy=False)
        values *= noise[:, None].astype(values.dtype)
        values += level[:, None].astype(values.dtype)
        self._blips(values, level, rng)
        self._fault(values, first, (level, noise))
        keys = tuple(
            SeriesKey(name(place), f"pod-{pod}", metric, unit)
            for place in range(first, last)
            for pod in range(self.pods)
            for metric, unit in METRICS
        )
        return Matrix(self.times, keys, values)  # pyright: ignore[reportArgumentType]

    def whole(self, kind: DTypeLike = np.float64) -> Matrix:
        return self.part(0, self.services, kind)

    def _blips(self, values: NDArray[np.floating], level: Floats, rng: np.random.Generator) -> None:
        count = rng.binomial(values.size, _BLIPS)
        rows, columns = rng.integers(0, len(values), count), rng.integers(0, POINTS, count)
        values[rows, columns] += (level[rows] * rng.uniform(0.0, _BLIP, count)).astype(values.dtype)

    def _fault(self, values: NDArray[np.floating], first: int, widths: tuple[Floats, Floats]) -> None:
        level, noise = widths
        each = self.pods * len(METRICS)
        for place, moved in ((self.sick, _FAILING), (self.caller(self.sick), _WAITING)):
            start = (place - first) * each
            if not 0 <= start < len(values) or (place == self.sick and moved is _WAITING):
                continue
            for row in range(start, start + each):
                metric = METRICS[(row - start) % len(METRICS)][0]
                if metric in moved:
                    values[row, ONSET_POINT:] += moved[metric] * noise[row] + _SHARE * level[row]


def name(place: int) -> str:
    return f"service-{place:06d}"
