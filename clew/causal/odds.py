"""How likely is each explanation the right one: the calibrated number behind the word, never shown in chat."""

from collections.abc import Mapping, Sequence
from math import exp, log

from clew.causal.confidence import BAR
from clew.causal.ranking import Draft
from clew.hypothesis import CauseKind, Confidence

BASE = 1.5
SLOPE = 0.6
"""Log odds of being right at a lead of one half, and per unit of the lead's own log odds: a logistic fit (Platt 1999) over recorded
cases with smoothed labels, checked by leaving one family out in `bench.calibration`."""
CHANGE = 0.85
"""Of explanations that name the right place, this part names the right change."""
MOST = 0.95
LEAST = 0.05
"""A few dozen recorded cases cannot carry more certainty than this."""
_OPEN = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.POSSIBLE)


def lead(weight: float, rival: float) -> float:
    """The part of the blame that the first candidate holds, beside its strongest rival and the standing `none of these` (0..1)."""
    whole = max(0.0, weight) + max(0.0, rival) + BAR
    return max(0.0, weight) / whole


def odds(weight: float, rival: float) -> float:
    """The chance, 0.05..0.95, that a first candidate of this weight is right. Grows with the weight, falls with the rival's."""
    held = min(1.0 - 1e-3, max(1e-3, lead(weight, rival)))
    return min(MOST, max(LEAST, 1.0 / (1.0 + exp(-BASE - SLOPE * log(held / (1.0 - held))))))


def weighted(drafts: Sequence[Draft], sums: Mapping[str, float]) -> tuple[Draft, ...]:
    """The drafts with their odds: the first open one by its lead, the others share what it leaves by weight; together at most 1."""
    places = [place for place, draft in enumerate(drafts) if draft.confidence in _OPEN]
    out = list(drafts)
    if not places:
        return tuple(out)
    first = drafts[places[0]]
    best = _first(first, sums)
    rest = sum(drafts[place].weight for place in places[1:]) + BAR
    for place in places:
        share = best if place == places[0] else (1.0 - best) * drafts[place].weight / rest
        out[place] = drafts[place].model_copy(update={"odds": round(share, 4)})
    return tuple(out)


def sides(service: str | None, weight: float, sums: Mapping[str, float]) -> tuple[float, float]:
    """The weight of the first candidate and of its strongest rival, service by service; `weight` counts where the place has no sum."""
    rival = max((amount for name, amount in sums.items() if name != service), default=0.0)
    return sums.get(service or "", 0.0) or weight, rival


def _first(draft: Draft, sums: Mapping[str, float]) -> float:
    found = odds(*sides(draft.cause.service, draft.weight, sums))
    return found * CHANGE if draft.cause.kind is CauseKind.CHANGE else found
