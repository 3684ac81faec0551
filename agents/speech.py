"""How are times, names and counts said in a sentence."""

from collections.abc import Sequence
from datetime import UTC, datetime


def clock(at: float) -> str:
    """`18:36 UTC`, with the seconds when they are not zero: `18:36:40 UTC`."""
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%H:%M:%S UTC") if when.second else when.strftime("%H:%M UTC")


def several(names: Sequence[str], limit: int = 3) -> str:
    """`a`, `a and b`, `a, b and 4 more`."""
    shown = list(names[:limit])
    rest = len(names) - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return shown[0] if shown else ""


def counted(number: int, noun: str) -> str:
    """`1 deploy`, `3 deploys`, `no deploys`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def within(text: str, limit: int) -> str:
    """The text on one line, cut at a word with an ellipsis when it is too long."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    return flat[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
