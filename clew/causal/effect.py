"""How is an effect told: what a signal would have been, what it was, and whether that is more than chance."""

from typing import NamedTuple

from clew.causal.course import Course
from clew.causal.meaning import words
from clew.causal.say import beside, spoken, unit_of
from clew.causal.shift import FRONT
from clew.hypothesis import Effect

_UNITS = {"seconds": "s", "percent": "%", "bytes": "B", "milliseconds": "ms", "1/s": "/s"}

_PERCENT = frozenset(("pct", "percent"))


class Wording(NamedTuple):
    """How the sentence goes around its numbers."""

    lead: str
    """`Without the 14:02 deploy`"""
    would: str = "have been"
    doubt: str = "which chance alone may do"
    """How it goes on where no effect is claimed."""


def told(
    course: Course, wording: Wording, observed: float, levels: tuple[float, float, float], claimed: bool
) -> Effect:
    """An effect with its sentence; `levels` are about, low and high of the other world."""
    about, low, high = levels
    largest = max(abs(observed), abs(about), abs(high))
    unit, factor = _unit(course, largest)
    said = [beside(value * factor, largest * factor) for value in (about, low, high, observed)]
    span = f" ({said[1]} to {said[2]})" if said[1] != said[2] else ""
    other = f"{wording.lead} {name(course)} would {wording.would} about {said[0]}{unit}{span}"
    return Effect(
        metric=course.metric,
        unit=course.unit,
        observed=observed,
        without=about,
        low=low,
        high=high,
        claimed=claimed,
        says=f"{other}; it was {said[3]}{unit}{'' if claimed else f', {wording.doubt}'}.",
    )


def untold(course: Course, condition: str, why: str) -> Effect:
    """The effect about which nothing can be said, and why; `condition` reads on from `would have been`."""
    says = f"can't tell what {name(course)} would have been {condition}: {why}"
    return Effect(metric=course.metric, unit=course.unit, says=says)


def name(course: Course) -> str:
    """`the p99 latency of web`."""
    what = f"the {spoken(course.metric)}" if course.metric else "it"
    if course.service in ("", FRONT):
        return what
    return f"{what} of {course.service}"


def _unit(course: Course, largest: float) -> tuple[str, float]:
    """What follows a number, and what the number is multiplied with: seconds below one are said in milliseconds."""
    short = _UNITS.get(course.unit.lower(), course.unit) or unit_of(course.metric)
    short = short or ("%" if words(course.metric) & _PERCENT else "")
    if short == "s" and largest < 1:
        return " ms", 1e3
    return (short if short.startswith("/") or not short else f" {short}"), 1.0
