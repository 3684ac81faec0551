"""What would the symptom have been without the event, and is what happened outside of that."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from clew.causal.course import Course
from clew.causal.effect import Wording, told, untold
from clew.causal.forecast import Forecast, between, forecast, scales
from clew.causal.regressors import explained
from clew.causal.repeats import chance, repeated, repeats
from clew.causal.stretch import Stretch, stretch
from clew.hypothesis import Effect
from clew.tables import Floats

_SHORT = 8
"""Fewer samples than this before the event tell nothing of how the signal swings."""
_REFERENCE = "a fault-free reference"
_COVER = 0.90
_CERTAIN = 0.985
"""An effect is claimed when what was observed lies outside of this interval."""

_NOTABLE = 0.1
"""A signal that never moved has no noise to compare with: it must change by this part of its level."""

_REST = 0.3
"""Peers that leave less than this part of a shift unexplained explain it: slopes are learned too flat from noisy peers."""


def counterfactual(course: Course, onset: float, end: float | None = None, *, without: str = "it") -> Effect:
    """The mean level in [onset, onset + 10 min] (at most to `end`, Unix seconds), had the event at `onset` not been.

    `without` names the event in the sentence: `the 14:02 deploy`. The interval covers the truth in 90 of 100 cases where the signal goes
    on as before or as its peers; an effect is claimed when what was observed lies outside of a 98.5 % interval and most samples do so too.
    """
    cut = stretch(course, onset, end)
    answer = foretold(cut, course.ceiling)
    if isinstance(answer, str):
        return untold(course, f"without {without}", answer)
    effect = told(course, Wording(f"Without {without}"), float(cut.shown.mean()), answer.levels, answer.claimed)
    return effect.model_copy(update={"basis": answer.basis})


def unready(cut: Stretch) -> str:
    """Why nothing can be foretold; empty if something can."""
    if not len(cut.shown):
        return "nothing was measured after it"
    if len(cut.values) < _SHORT:
        return f"only {len(cut.values)} samples before it" if len(cut.values) else "nothing was measured before it"
    return ""


class Foretold(NamedTuple):
    """About, low and high of the mean (90 %), whether what was shown lies outside of chance, and what it rests on."""

    levels: tuple[float, float, float]
    claimed: bool
    basis: str


def foretold(cut: Stretch, ceiling: float = np.inf) -> Foretold | str:
    """What the time after the event would have been, at most `ceiling`; or why that cannot be told."""
    why = unready(cut)
    if why:
        return why
    size = float(np.max(np.abs(cut.values))) or 1.0
    even = replace(cut, values=cut.values / size, shown=cut.shown / size)
    answer = _repeated(even, ceiling / size) if repeats(even.values) else _averaged(even)
    if isinstance(answer, str):
        return answer
    floor = 0.0 if cut.values.min() >= 0 else -np.inf
    about, low, high = (min(max(size * level, floor), ceiling) for level in answer.levels)
    return answer._replace(levels=(about, low, high), basis=_REFERENCE if cut.borrowed else answer.basis)


def _repeated(cut: Stretch, ceiling: float) -> Foretold:
    """The forecast of a signal that mostly repeats one value."""
    paths = repeated(cut.values, len(cut.later))
    found = Forecast(np.sort(paths.mean(axis=1)), np.sort(np.median(paths, axis=1)), {})
    claimed = _outside(found, cut.shown) if np.ptp(cut.values) else _broken(cut, ceiling)
    return Foretold(found.levels(_COVER), claimed, "past")


def _averaged(cut: Stretch) -> Foretold | str:
    """The forecast averaged over models, from the past and from the peers that stayed as usual."""
    reasons, of = explained(cut), scales(cut.values)
    found = forecast(cut.times, cut.values, cut.later, reasons.stayed, of)
    claimed = _outside(found, cut.shown)
    if 2 * reasons.moved > reasons.close:
        # most of what usually goes with it moved at that moment too: perhaps the event moved nothing, and something else moved them all
        whole = forecast(cut.times, cut.values, cut.later, reasons.every, of)
        here, there, shown = found.levels(_COVER)[0], whole.levels(_COVER)[0], float(cut.shown.mean())
        rest = abs(shown - there) < _REST * abs(shown - here)
        if claimed and (rest or not _outside(whole, cut.shown)):
            return f"{reasons.moved} of {reasons.close} signals that usually move with it moved at the same time"
        found = whole if min(here, shown) <= there <= max(here, shown) else found
    share = found.share.get("peers", 0.0)
    return Foretold(
        found.levels(_COVER), claimed, "peers" if share > 0.9 else "past and peers" if share > 0.1 else "past"
    )


def _outside(found: Forecast, shown: Floats) -> bool:
    """Whether the mean lies outside of chance, and the median on the same side: a few peaks are not a new level."""
    (low, high), (below, above) = between(found.draws, _CERTAIN), between(found.middles, _COVER)
    mean, middle = float(shown.mean()), float(np.median(shown))
    return (mean > high and middle > above) or (mean < low and middle < below)


def _broken(cut: Stretch, ceiling: float) -> bool:
    """Whether a signal that never moved does now: no noise to compare with, so the order of the samples and the size must tell.

    Where it was none at all or all there is (no errors, 100 % available), any size will do.
    """
    usual = float(cut.values[0])
    least = 0.0 if usual in (0.0, ceiling) else _NOTABLE * abs(usual)
    return abs(float(cut.shown.mean()) - usual) > least and chance(cut.values, cut.shown) < 1 - _CERTAIN
