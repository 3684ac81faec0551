"""How are numbers and times put into one plain sentence."""

from collections.abc import Iterable
from datetime import UTC, datetime

from clew.hypothesis import Clue

_UNITS = {"seconds": "s", "percent": "%", "bytes": "B", "milliseconds": "ms"}


def clock(at: float) -> str:
    """`18:36:40` in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def number(value: float) -> str:
    """Three significant digits, no exponent for everyday sizes: `0.0042`, `12`, `1,240`, `3.1M`."""
    size = abs(value)
    value += 0.0  # no minus zero
    if size >= 1e6:
        for bound, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
            if size >= bound:
                return f"{value / bound:.3g}{letter}"
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 1e-4 or value == 0 else f"{value:.1e}"


def change(before: float, after: float, unit: str = "") -> str:
    """`12 → 96 %`."""
    short = _UNITS.get(unit.lower(), unit)
    return f"{number(before)} → {number(after)}{' ' + short if short else ''}"


def seen(services: Iterable[str], where: str) -> Clue:
    """A clue of channel `seen`, amount 0, whose detail lists by line the services that send this telemetry: what is not listed is dark."""
    names = sorted({name for name in services if name})[:400]
    return Clue(channel="seen", amount=0.0, says=f"{len(names)} services send {where}", detail="\n".join(names))
