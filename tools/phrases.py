"""How do tools put times, numbers and names into one plain sentence?"""

import math
from datetime import UTC, datetime

from clew.evidence import Asked, Call, Change, Evidence, Note, Standing, evidence
from clew.incident import Window


def clock(at: float) -> str:
    """`18:36:05`, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def span(window: Window) -> str:
    """`18:21..18:51 UTC`; with the days where they differ."""
    start, end = datetime.fromtimestamp(window.start, UTC), datetime.fromtimestamp(window.end, UTC)
    if start.date() == end.date():
        return f"{start:%H:%M}..{end:%H:%M} UTC"
    return f"{start:%Y-%m-%d %H:%M}..{end:%Y-%m-%d %H:%M} UTC"


def amount(value: float) -> str:
    """Three significant digits, thousands with commas."""
    if not math.isfinite(value):
        return "nothing"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def lasting(seconds: float) -> str:
    """`510 ms`, `2.4 s`."""
    return f"{amount(seconds * 1000)} ms" if seconds < 1 else f"{amount(seconds)} s"


def counted(count: int, noun: str) -> str:
    """`1 line`, `31 lines`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def asked(source: str, method: str, query: str, window: Window, **arguments: str) -> Asked:
    """What was asked, its arguments by name, so that it can be asked again."""
    call = Call(method=method, arguments=tuple(sorted(arguments.items())))
    return Asked(source=source, call=call, query=query, window=window)


def nothing(question: Asked, says: str, taken_at: float, service: str = "") -> Evidence:
    """The fact that a good question had no answer."""
    return evidence(
        question, Note(text=says, service=service or None), says, taken_at=taken_at, standing=Standing.EMPTY
    )


def rest(question: Asked, says: str, taken_at: float, service: str = "") -> Evidence:
    """The fact that there is more than is shown."""
    return evidence(
        question, Note(text=says, service=service or None), says, taken_at=taken_at, standing=Standing.PARTIAL
    )


def told(change: Change) -> str:
    """A change in one sentence."""
    who = f" by {change.author}" if change.author else ""
    where = f" to {change.service}" if change.service else ""
    what = f": {change.title}" if change.title else ""
    return f"{change.what} {change.ref[:12]}{where}{who} at {clock(change.at)} UTC{what}"
