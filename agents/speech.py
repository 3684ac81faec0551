"""How are times, names and counts said in a sentence."""

from datetime import UTC, datetime

from clew.causal.say import several, within

__all__ = ["clock", "counted", "several", "within"]


def clock(at: float) -> str:
    """`18:36 UTC`, with the seconds when they are not zero: `18:36:40 UTC`."""
    when = datetime.fromtimestamp(at, UTC)
    return when.strftime("%H:%M:%S UTC") if when.second else when.strftime("%H:%M UTC")


def counted(number: int, noun: str) -> str:
    """`1 deploy`, `3 deploys`, `no deploys`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
