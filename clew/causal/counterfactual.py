"""What would the symptom have been without the event, and is what happened outside of that."""

import numpy as np

from clew.causal.course import Course
from clew.causal.effect import told, untold
from clew.causal.forecast import Forecast, Scale, forecast
from clew.causal.regressors import terms
from clew.causal.repeats import chance, repeated, repeats
from clew.causal.stretch import Stretch, stretch
from clew.hypothesis import Effect
from clew.tables import Floats

_SHORT = 8
"""Fewer samples than this before the event tell nothing of how the signal swings."""
_COVER = 0.90
_CERTAIN = 0.98
"""An effect is claimed when what was observed lies outside of this interval."""

_NOTABLE = 0.1
"""A signal that never moved has no noise to compare with: it must change by this part of its level."""


def counterfactual(course: Course, onset: float, end: float | None = None, *, without: str = "it") -> Effect:
    """The mean level in [onset, onset + 10 min] (at most to `end`, Unix seconds), had the event at `onset` not been.

    `without` names the event in the sentence: `the 14:02 deploy`. The interval covers the truth in 90 of 100 cases where the signal goes
    on as before or as its peers; an effect is claimed when what was observed lies outside of a 98 % interval.
    """
    cut = stretch(course, onset, end)
    why = unready(cut)
    if why:
        return untold(course, f"without {without}", why)
    found, basis = foretold(cut)
    return judged(told(course, (f"Without {without}", "have been|it was"), float(cut.shown.mean()), levels(course, cut, found)), cut, found, basis)


def unready(cut: Stretch) -> str:
    """Why nothing can be foretold; empty if something can."""
    if not len(cut.shown):
        return "nothing was measured after it"
    if len(cut.values) < _SHORT:
        return f"only {len(cut.values)} samples before it" if len(cut.values) else "nothing was measured before it"
    return ""


def foretold(cut: Stretch) -> tuple[Forecast, str]:
    """The forecast of the mean after the event, and what it rests on."""
    if repeats(cut.values):
        return Forecast(repeated(cut.values, len(cut.later)), {}), "past"
    rows, _ = terms(cut)
    found = forecast(cut.times, cut.values, cut.later, rows, scales(cut.values))
    share = found.share.get("peers", 0.0)
    return found, "peers" if share > 0.9 else "past and peers" if share > 0.1 else "past"


def scales(values: Floats) -> tuple[Scale, ...]:
    """The scales on which the noise may be even: roots and logarithms only of what is never negative."""
    plain = Scale(1.0, 0.0)
    if values.min() < 0 or values.max() <= 0:
        return (plain,)
    least = float(values[values > 0].min())
    offset = 0.0 if values.min() > 0 else 0.5 * least
    return plain, Scale(0.5, offset), Scale(0.0, offset)


def levels(course: Course, cut: Stretch, found: Forecast) -> tuple[float, float, float]:
    low, high = found.between(_COVER)
    about = float(np.median(found.draws))
    return about, low, high


def judged(effect: Effect, cut: Stretch, found: Forecast, basis: str) -> Effect:
    low, high = found.between(_CERTAIN)
    observed = effect.observed or 0.0
    claimed = not low <= observed <= high
    if claimed and np.ptp(cut.values) == 0:
        usual = float(cut.values[0])
        claimed = chance(cut.values, cut.shown) < 1 - _CERTAIN and abs(observed - usual) > _NOTABLE * abs(usual)
    return effect.model_copy(update={"claimed": claimed, "basis": basis})
