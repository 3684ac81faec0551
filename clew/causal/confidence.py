"""How sure may we sound: one of five words, from what agrees, what contradicts, and what else fits."""

from collections.abc import Sequence

from clew.hypothesis import Clue, Confidence

KINDS = {
    "resource": "metric",
    "latency": "metric",
    "errors": "metric",
    "requests": "metric",
    "traffic": "metric",
    "stopped calls": "metric",
    "self time": "trace",
    "edge": "trace",
    "lost calls": "trace",
    "failed spans": "trace",
    "new errors": "log",
    "gone": "log",
    "status feed": "status",
    "external": "log",
    "change": "change",
}
"""Channels of one kind are not independent of each other."""
_ENOUGH = 0.15
"""A clue below this agrees with anything."""
BAR = 0.25
"""The weight of the standing candidate `none of these`."""
UNFELT = 1.25
"""The same for metrics that move while nobody feels anything: what quiet windows reach (see `bench.quiet`)."""
_CLEAR = 1.25
"""The best must weigh this many times the best unrelated rival."""


def kinds(support: Sequence[Clue]) -> tuple[str, ...]:
    """The independent kinds of evidence among the clues, sorted."""
    return tuple(sorted({KINDS[c.channel] for c in support if c.channel in KINDS and c.amount >= _ENOUGH}))


def word(
    support: Sequence[Clue],
    weight: float,
    *,
    rival: float,
    fits_in_time: bool,
    proven: bool = False,
    felt: bool = True,
) -> Confidence:
    """The word for one hypothesis.

    `felt` is false where nothing that the alert speaks of was seen to move: then metrics alone must be loud, since among many quiet
    series some always stand out. `rival` is the weight of the strongest unrelated hypothesis. `proven` is a decisive test from outside
    (the change was undone and the signal followed): nothing else confirms.
    """
    if proven:
        return Confidence.CONFIRMED
    found = kinds(support)
    if weight <= (UNFELT if not felt and set(found) <= {"metric"} else BAR):
        return Confidence.NOT_FOUND
    if len(found) >= 2 and fits_in_time and weight >= _CLEAR * rival:
        return Confidence.LIKELY
    return Confidence.POSSIBLE
