"""What would the symptom have been without the event, and is what happened outside of that."""

import numpy as np

from clew.causal.course import Course
from clew.causal.say import beside, spoken, unit_of
from clew.hypothesis import Effect

_WINDOW = 600.0
"""How long after the event the level is compared, seconds."""
_SHORT = 8
"""Fewer samples than this before the event tell nothing of how the signal swings."""
_UNITS = {"seconds": "s", "percent": "%", "bytes": "B", "milliseconds": "ms", "1/s": "/s"}


def counterfactual(course: Course, onset: float, end: float | None = None, *, without: str = "it") -> Effect:
    """The mean level in [onset, onset + 10 min] (at most to `end`, Unix seconds), had the event at `onset` not been.

    `without` names the event in the sentence: `the 14:02 deploy`.
    """
    last = min(onset + _WINDOW, np.inf if end is None else end)
    there = np.isfinite(course.values)
    past = course.values[there & (course.times < onset)]
    during = course.values[there & (course.times >= onset) & (course.times <= last)]
    if len(past) < _SHORT or not len(during):
        why = f"only {len(past)} samples before it" if len(during) else "nothing was measured after it"
        return untold(course, f"without {without}", why)
    middle = float(np.mean(past))
    half = 2.0 * float(np.std(past, ddof=1)) * float(np.sqrt(1 / len(past) + 1 / len(during)))
    observed = float(np.mean(during))
    return told(
        course,
        f"Without {without}",
        observed,
        (middle, middle - half, middle + half),
        abs(observed - middle) > 1.6 * half,
    )


def told(course: Course, lead: str, observed: float, levels: tuple[float, float, float], claimed: bool) -> Effect:
    """The effect with its sentence; `levels` are what it would have been: about, low, high; `lead` begins the sentence."""
    about, low, high = levels
    said = [amount(value, max(abs(observed), abs(high)), course) for value in (about, low, high, observed)]
    unit = _unit(course)
    tail = "" if claimed else ", which its usual swings alone may do"
    says = f"{lead} {name(course)} would have been about {said[0]}{unit} ({said[1]} to {said[2]}); it was {said[3]}{unit}{tail}."
    return Effect(
        metric=course.metric, unit=course.unit, observed=observed, without=about, low=low, high=high, claimed=claimed,
        basis="past", says=says,
    )  # fmt: skip


def untold(course: Course, lead: str, why: str) -> Effect:
    """The effect that nothing can be said about, and why."""
    return Effect(
        metric=course.metric,
        unit=course.unit,
        says=f"can't tell what {name(course)} would have been {lead}: {why}",
    )


def name(course: Course) -> str:
    """`the p99 latency of web`."""
    what = spoken(course.metric) if course.metric else "level"
    return f"the {what} of {course.service}" if course.service else f"the {what}"


def _unit(course: Course) -> str:
    short = _UNITS.get(course.unit.lower(), course.unit) or unit_of(course.metric)
    return short if short.startswith("/") or not short else f" {short}"


def amount(value: float, largest: float, course: Course) -> str:
    """One level as people read it, as exact as the largest beside it."""
    del course
    return beside(value, largest)
