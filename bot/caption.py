"""What does a chart say in words: its finding, its numbers, its shape in one line."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from clew.causal.say import beside, spoken
from clew.evidence import Mark, Series
from clew.incident import Window

_BARS = "▁▂▃▄▅▆▇█"
BEFORE = 300.0
"""Seconds of usual behaviour that a chart shows before the onset."""
NEARBY = 900.0
"""A deploy this close before the onset is drawn too, seconds."""
MARGIN = 15.0
_BYTES = (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12))


@dataclass(frozen=True, slots=True)
class Scale:
    """The unit that people read a series in: shown = measured * factor."""

    unit: str
    factor: float = 1.0


def scale(series: Series) -> Scale:
    """Milliseconds under a second, kB to TB for bytes, per cent for ratios; otherwise the series' own unit."""
    levels = [abs(v) for v in (*series.values, series.before, series.after) if v is not None and math.isfinite(v)]
    top = max(levels, default=0.0)
    unit = series.unit.strip()
    if unit in ("s", "seconds", "sec"):
        return Scale("ms", 1e3) if top < 1 else Scale("s")
    if unit.lower() in ("b", "bytes", "byte"):
        name, size = max((u for u in _BYTES if u[1] <= max(top, 1.0)), key=lambda u: u[1])
        return Scale(name, 1 / size)
    if unit.lower() in ("ratio", "fraction"):
        return Scale("%", 100.0)
    return Scale("/s" if unit == "1/s" else unit)


def number(value: float) -> str:
    """Three significant digits, thousands set off: `0.0021`, `4.56`, `510`, `1,240`."""
    if not math.isfinite(value):
        return "?"
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-6 else "0"


def quantity(value: float, unit: str) -> str:
    """A number with its unit: `510 ms`, `9.1%`."""
    return f"{number(value)}{unit}" if unit == "%" or unit.startswith("/") else f"{number(value)} {unit}".strip()


def utc(at: float, seconds: bool = True) -> str:
    """`18:36:40 UTC`; charts and alternative texts have no reader's zone."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC" if seconds else "%H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def name(series: Series) -> str:
    """What was measured, and of what: `checkout p99 latency`."""
    what = spoken(series.name)
    return what if series.service in ("", series.name.split(" ")[0]) else f"{series.service} {what}"


def change(series: Series) -> str:
    """`118 → 510 ms`, or the last level known, or an honest nothing."""
    shown = scale(series)
    before = series.before if series.before is not None else series.normal
    if before is not None and series.after is not None:
        start = beside(before * shown.factor, max(abs(before), abs(series.after)) * shown.factor)
        return f"{start} → {quantity(series.after * shown.factor, shown.unit)}"
    measured = [v for v in series.values if v is not None and math.isfinite(v)]
    if not measured:
        return "nothing measured"
    if min(measured) == max(measured):
        return f"steady at {quantity(measured[0] * shown.factor, shown.unit)}"
    return f"between {number(min(measured) * shown.factor)} and {quantity(max(measured) * shown.factor, shown.unit)}"


def title(series: Series) -> str:
    """The finding, as the chart's title: `checkout p99 118 → 510 ms from 18:36:40 UTC`."""
    said = f"{name(series)} {change(series)}"
    return f"{said} from {utc(series.onset)}" if series.onset is not None else said


def alternative(series: Series, window: Window) -> str:
    """What the picture shows, for people who do not see it: metric, before, after, when, and each marked moment."""
    shown = scale(series)
    parts = [f"Line chart of {name(series)}{f' in {shown.unit}' if shown.unit else ''}"]
    parts.append(f"{utc(window.start, seconds=False)} to {utc(window.end, seconds=False)}")
    if series.before is not None:
        parts.append(f"before {quantity(series.before * shown.factor, shown.unit)}")
    if series.after is not None:
        parts.append(f"after {quantity(series.after * shown.factor, shown.unit)}")
    if series.onset is not None:
        parts.append(f"changes at {utc(series.onset)}")
    if series.normal is not None:
        parts.append(f"usual level {quantity(series.normal * shown.factor, shown.unit)}")
    parts += [_marked(mark) for mark in series.marks[:5]]
    return ", ".join(parts) + "."


def framed(series: Series, window: Window) -> Window:
    """What a chart of the series shows: its own samples around the onset, and the changes shortly before it.

    At least five minutes before the onset where they were measured, twice as much as after it, and all that came after.
    """
    known = [t for t, v in zip(series.times, series.values, strict=False) if v is not None and math.isfinite(v)]
    inside = [t for t in known if window.start <= t <= window.end]
    if len(inside) < 2:
        return window
    first, last = min(inside), max(inside)
    start = first
    if series.onset is not None and first < series.onset:
        start = max(first, series.onset - max(BEFORE, 2 * (last - series.onset)))
        near = [m.at for m in series.marks if max(window.start, series.onset - NEARBY) <= m.at <= series.onset]
        start = min(start, *(at - MARGIN for at in near)) if near else start
    end = max([last, *(m.at + MARGIN for m in series.marks if last < m.at <= min(window.end, last + NEARBY))])
    start, end = max(start, window.start), min(end, window.end)
    return Window(start=start, end=end, reason=window.reason) if end > start else window


def _marked(mark: Mark) -> str:
    return f"marked {mark.label} at {utc(mark.at)}"


def spark(series: Series, width: int = 24) -> str:
    """The shape of a series in one line of at most `width` bars; a dot where nothing was measured."""
    values = [v if v is not None and math.isfinite(v) else None for v in series.values]
    bins = [values[len(values) * i // width : len(values) * (i + 1) // width] for i in range(width)]
    if len(values) < width:
        bins = [[v] for v in values]
    levels = [max((v for v in group if v is not None), default=None) for group in bins]
    known = [v for v in levels if v is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(known)
    span = (high - low) or 1.0
    return "".join("·" if v is None else _BARS[min(7, int((v - low) / span * 7.999))] for v in levels)
