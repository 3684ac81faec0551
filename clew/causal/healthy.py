"""Is anything wrong at all."""

from collections.abc import Sequence

from clew.hypothesis import Clue
from clew.incident import Signal, Symptom

_BARS = {
    "new errors": 0.25,
    "failed spans": 0.03,
    "errors": 0.2,
    "latency": 0.3,
    "resource": 0.35,
    "self time": 0.5,
    "edge": 0.5,
    "lost calls": 0.5,
    "gone": 0.6,
    "stopped calls": 0.5,
    "silent": 0.7,
    "traffic": 0.2,
}
"""Above any of these something is wrong, in each channel's own unit."""


def healthy(clues: Sequence[Clue], symptom: Symptom) -> tuple[bool, tuple[Clue, ...]]:
    """(True, the clues that say so) only if the symptom's own signal was measured before and during and stayed usual, and no other channel
    is above its bar.

    Missing data is never health: without a `quiet` clue of the front door or the symptom's service, or with a clue that says that
    something was `unseen`, the answer is False.
    """
    if any(c.channel == "unseen" for c in clues):
        return False, ()
    if symptom.signal is None and symptom.metric is None:
        return False, ()  # what was noticed is unknown, so it cannot be shown to be well
    wanted = {"latency"} if symptom.signal is Signal.LATENCY else {"errors"}
    if symptom.signal in (None, Signal.SATURATION):
        wanted = {"latency", "errors"}
    quiet = tuple(
        c for c in clues if c.channel == "quiet" and c.service in {"", symptom.service} and c.detail in wanted
    )
    if not quiet:
        return False, ()
    if any(c.amount > _BARS.get(c.channel, 2.0) for c in clues):
        return False, ()
    return True, quiet
