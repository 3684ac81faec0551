"""What would the symptom be if a proposed fix were applied: predicted before it is proposed."""

import numpy as np

from clew.causal import dose
from clew.causal.counterfactual import foretold, unready
from clew.causal.course import Course
from clew.causal.effect import Wording, told, untold
from clew.causal.forecast import between
from clew.causal.replay import replay
from clew.causal.stretch import stretch
from clew.hypothesis import Effect
from clew.tables import Floats, Spans

_COVER = 0.90
_CERTAIN = 0.98
_FOLLOWS = 0.5
_VAGUE = 0.8
"""An interval wider than this part of the whole shift says nothing."""
_FEW = 10
"""Fewer requests than this say nothing of the others."""
_MANY = 60
"""From so many requests on there is a 95th percentile."""
_NOTABLE = 0.05
"""A fix that gains less than this part of the symptom is none."""
_TAIL = 0.95
_RESAMPLES = 400


def undone(course: Course, onset: float, end: float | None = None, *, act: str) -> Effect:
    """The symptom if the event at `onset` (Unix seconds) is undone: its level without the event, as if nothing lingers.

    `act` is the fix as a condition: `deploy 4f2c1a9 is rolled back`.
    """
    cut = stretch(course, onset, end)
    answer = foretold(cut, course.ceiling)
    if isinstance(answer, str):
        return untold(course, f"if {act}", answer)
    effect = told(course, Wording(f"If {act},", "be"), float(cut.shown.mean()), answer.levels, answer.claimed)
    return effect.model_copy(update={"basis": answer.basis})


def held(course: Course, driver: Floats, onset: float, end: float | None = None, *, act: str) -> Effect:
    """The symptom if `driver` (T,), the candidate's own signal on the course's times, is held at its usual level: do(driver = usual).

    `act` is the fix as a condition: `the CPU of payments is back at its usual level`. Says `can't tell` where the driver was not measured
    or the symptom does not follow it beyond the one step that both took.
    """
    cut = stretch(Course(course.times, course.values, peers=driver[None, :]), onset, end)
    why = unready(cut)
    now, before = cut.peers_later[0], cut.peers[0]
    if not why and (np.isfinite(before).mean() < 0.8 or not np.isfinite(now).all()):
        why = "what would be changed was not measured all the time"
    if not why and float(np.nanstd(np.concatenate((before, now)))) <= 0:
        why = "what would be changed never moved"
    if why:
        return untold(course, f"if {act}", why)
    found = dose.held(cut, np.where(np.isfinite(before), before, np.nanmedian(before)), now)
    draws = np.maximum(found.draws, 0.0) if cut.values.min() >= 0 and cut.shown.min() >= 0 else found.draws
    observed = float(cut.shown.mean())
    low, high = between(draws, _COVER)
    why = _unclear(found, high - low, abs(observed - float(cut.values.mean())))
    if why:
        return untold(course, f"if {act}", why)
    below, above = between(draws, _CERTAIN)
    levels, claimed = (float(np.median(draws)), low, high), not below <= observed <= above
    effect = told(course, Wording(f"If {act},", "be"), observed, levels, claimed)
    return effect.model_copy(update={"basis": "dose and response"})


def _unclear(found: dose.Held, width: float, swing: float) -> str:
    """Why the dose does not tell what a fix would do; empty if it does."""
    if found.follows >= _FOLLOWS and found.fits and width <= _VAGUE * swing:
        return ""
    if not found.varies:
        return "both moved once, at the same moment: nothing tells how one follows the other"
    if found.follows < _FOLLOWS:
        return "it does not follow that signal"
    return "how it follows that signal is too uneven" if not found.fits else "it follows that signal too loosely"


def simulated(spans: Spans, normal: Spans, service: str, *, whole: bool = False, act: str = "") -> Effect:
    """The duration of whole requests through `service` (seconds) if its own time were what it is in `normal`, call by call.

    The 95th percentile, of fewer than 60 requests the mean. `spans` are those of the incident and `normal` those to compare them with
    (see `clew.causal.selftime.phases`). With `whole` calls to the service take their usual time with all that they wait for: a failover
    to a healthy twin. The interval is a bootstrap over traces and over the normal times (Efron 1979), with a fixed seed.
    """
    act = act or f"{service} took its usual time"
    found = replay(spans, normal, service, whole)
    count, worlds = found.played.shape if found else (0, 0)
    tail = count >= _MANY
    course = Course(np.empty(0), np.empty(0), f"{'p95' if tail else 'mean'} time", "s", "requests through it")
    if found is None or not found.changed:
        return untold(course, f"if {act}", f"too few calls to {service} are known from normal times")
    if count < _FEW:
        return untold(course, f"if {act}", f"only {count} whole requests were recorded")
    rng = np.random.default_rng(7)
    picks, world = rng.integers(0, count, (_RESAMPLES, count)), rng.integers(0, worlds, _RESAMPLES)
    sides = found.recorded[picks], found.played.T[world[:, None], picks]
    before, draws = (np.quantile(side, _TAIL, axis=1) if tail else side.mean(axis=1) for side in sides)
    whole_sides = found.recorded, found.played[:, 0]
    observed, about = (float(np.quantile(side, _TAIL) if tail else side.mean()) for side in whole_sides)
    low, high = between(draws, _COVER)
    claimed = between(before - draws, _CERTAIN)[0] > 0 and observed - about > _NOTABLE * observed
    levels = about, min(low, about), max(high, about)
    effect = told(course, Wording(f"If {act},", "be", "which is no gain"), observed, levels, claimed)
    return effect.model_copy(update={"basis": f"{count} requests played again"})
