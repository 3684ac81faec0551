"""At which times is a window read: on a grid that is the same whoever asks?"""

import math
from dataclasses import dataclass

import numpy as np

from clew.incident import Window
from clew.tables import Floats
from tools.prometheus.settings import PrometheusSettings

_NICE = (
    1,
    2,
    3,
    4,
    5,
    6,
    10,
    12,
    15,
    20,
    30,
    60,
    120,
    180,
    240,
    300,
    600,
    900,
    1200,
    1800,
    3600,
    7200,
    14_400,
    43_200,
    86_400,
)
RATE_INTERVALS = 2.5
"""A rate needs two samples in its span, and a scrape is never quite in time."""
LEVEL_INTERVALS = 1.5


@dataclass(frozen=True)
class Grid:
    """Times at multiples of the step, Unix seconds: `count` of them from `start` on."""

    start: float
    step: float
    count: int

    @property
    def end(self) -> float:
        return self.start + self.step * (self.count - 1)

    @property
    def times(self) -> Floats:
        return self.start + self.step * np.arange(self.count, dtype=np.float64)

    def span(self, interval: float, *, rate: bool) -> float:
        """Seconds before each time that its sample stands for: the step, or longer where samples are rarer; never a fill of gaps."""
        return max(self.step, (RATE_INTERVALS if rate else LEVEL_INTERVALS) * interval)

    def mean(self, interval: float) -> bool:
        """Whether a step holds samples enough for a mean; else the last one counts."""
        return self.step >= 2 * interval


def grid(window: Window, settings: PrometheusSettings, interval: float, now: float) -> Grid | None:
    """The window and the history before it, up to now; None where all of it lies ahead.

    The step follows from the window as it was asked, not from how much of it is past: a later look sees the same times and more.
    """
    first = window.start - settings.history_seconds
    step = stepped(max(settings.step_seconds, interval, (window.end - first) / (settings.points - 1)), interval)
    start = math.ceil(first / step) * step
    end = math.floor(min(window.end, now) / step) * step
    return Grid(start, step, round((end - start) / step) + 1) if end >= start else None


def stepped(least: float, interval: float) -> float:
    """The smallest usual step from `least` on, a multiple of the interval where one is near."""
    fitting = [nice for nice in _NICE if nice >= least - 1e-6]
    if not fitting:
        return float(math.ceil(least / 86_400) * 86_400)
    near = [nice for nice in fitting if nice <= 2 * fitting[0] and nice % interval < 1e-6]
    return float((near or fitting)[0])
