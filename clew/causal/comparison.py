"""How do two arms of one service compare around one moment, as an experiment with its sentence?"""

from typing import NamedTuple

import numpy as np

from clew.causal.arm import Split
from clew.causal.grid import step_of
from clew.causal.measure import Measure, pooled
from clew.causal.parting import LEAST_AFTER, LEAST_BEFORE, Pair, Parting, parting
from clew.causal.ruling import Arm, Experiment, Kind, Ruling, named
from clew.causal.say import change as moved
from clew.causal.say import clock, number, spoken
from clew.evidence import Change
from clew.tables import Bools, Floats

LEEWAY = 60.0
"""An onset is known to about this, seconds."""
_BEFORE, _AFTER = 7200.0, 900.0
"""How much past and how much of the incident is compared, seconds, but at least these many samples:"""
_SAMPLES_BEFORE, _SAMPLES_AFTER = 60, 8
SURGE = 1.5
"""An arm that got this many times the requests that it had, or that the other has, is under other traffic."""


class Question(NamedTuple):
    """What is compared: one measure of one service in two arms, on the grid of `times`, and the change that made them if any did."""

    times: Floats
    onset: float | None
    one: Measure
    split: Split
    change: Change | None = None

    @property
    def start(self) -> float:
        """When the arms may have begun to differ: the onset, but never before the change."""
        made = self.change.at if self.change else None
        known = [at for at in (made, self.onset) if at is not None]
        return max(known, default=float(self.times[0]))


def phases(times: Floats, start: float, made: float | None = None) -> tuple[Bools, Bools]:
    """Columns before and after; the past of a change ends where it was made, unless too little was measured before that."""
    step = step_of(times)
    reach = max(_BEFORE, _SAMPLES_BEFORE * step)
    after = (times >= start) & (times <= start + max(_AFTER, _SAMPLES_AFTER * step))
    before = (times < start - LEEWAY - 0.5 * step) & (times >= start - reach)
    if made is not None and made < start:
        until = before & (times < made - LEEWAY - 0.5 * step)
        before = until if until.sum() >= LEAST_BEFORE else before
    return before, after


def compared(asked: Question) -> Experiment:
    """The comparison; where the arms say nothing, the ruling is `can't tell` with the reason."""
    _, _, one, split, change = asked
    before, after = phases(asked.times, asked.start, change.at if change else None)
    treated, control = pooled(one.rows.values, split.treated), pooled(one.rows.values, split.control)
    new = one.rows.values[list(split.control)] if split.kind in (Kind.CANARY, Kind.FLAG) else None
    result = parting(Pair(treated, control, before, after), floor=one.floor, looks=split.looks, twins=new)
    told = f"{one.service or 'front door'} {spoken(one.metric)}"
    empty = Experiment(
        kind=split.kind,
        service=one.service,
        change=change.ref if change else None,
        commit=change.commit if change else None,
        metric=one.metric,
        unit=one.unit,
        treated=Arm(name=split.named[0]),
        control=Arm(name=split.named[1]),
        start=asked.start,
        ruling=Ruling.UNKNOWN,
        says="",
    )
    if isinstance(result, str):
        return empty.model_copy(update={"says": f"can't tell from {told}: {result}"})
    grew = tuple(_growth(pooled(one.load, rows), before, after) for rows in (split.treated, split.control))
    doubt = result.doubt or (_unequal(asked, result, grew, after) if result.apart else "")
    ruling = Ruling.UNKNOWN if doubt else Ruling.FOR if result.apart else Ruling.AGAINST
    says = f"{told} from {clock(asked.start)}: {_says(asked, result, ruling, grew)}"
    start = None if result.fresh else result.treated[0]
    return empty.model_copy(
        update={
            "treated": _arm(
                split.named[0],
                one,
                (start, result.treated[1]),
                after & np.isfinite(treated),
            ),
            "control": _arm(split.named[1], one, result.control, after & np.isfinite(control)),
            "effect": result.effect,
            "low": result.low,
            "high": result.high,
            "chance": result.chance,
            "load": grew[1] if np.isfinite(grew[1]) else None,
            "ruling": ruling,
            "says": f"can't tell from {told}: {doubt}" if doubt else says,
        }
    )


def _arm(name: str, one: Measure, levels: tuple[float | None, float], there: Bools) -> Arm:
    before = None if levels[0] is None else one.shown(levels[0])
    return Arm(name=name, before=before, after=one.shown(levels[1]), samples=int(there.sum()))


def _unequal(asked: Question, result: Parting, grew: tuple[float, ...], after: Bools) -> str:
    """Why the arms cannot be compared after all: more traffic for one, or counts without the traffic they belong to."""
    one, split = asked.one, asked.split
    if one.counted and result.fresh:
        return "errors are counted, and the requests of a new arm are not"
    if result.fresh and all(key.instance for key in one.rows.keys):
        late = [_usual(pooled(one.load, rows)[after]) for rows in (split.treated, split.control)]
        grew = tuple(level if level > 0 else float("nan") for level in late)
    if not np.isfinite(grew).all() or grew[0] <= SURGE * grew[1]:
        return ""
    return f"{split.named[0]} got {grew[0] / grew[1]:.1f} times the requests that {split.named[1]} got, so load alone could do it"


def _growth(load: Floats, before: Bools, after: Bools) -> float:
    """How many times the requests before there were after; NaN where they were not measured on both sides."""
    early, late = _usual(load[before]), _usual(load[after])
    return late / early if early > 0 else float("nan")


def _usual(load: Floats) -> float:
    there = load[np.isfinite(load)]
    return float(np.median(there)) if len(there) >= LEAST_AFTER else float("nan")


def _says(asked: Question, result: Parting, ruling: Ruling, grew: tuple[float, ...]) -> str:
    """The comparison in one sentence, levels in the metric's own direction."""
    one, split = asked.one, asked.split
    mine, other = (
        f"{name} {moved(one.shown(levels[0]), one.shown(levels[1]), one.unit)}"
        for name, levels in zip(split.named, (result.treated, result.control), strict=True)
    )
    if result.fresh:
        mine = f"{split.named[0]}, new, {number(one.shown(result.treated[1]))} {one.unit}".rstrip()
    if ruling is Ruling.AGAINST:
        busy = f" as requests rose {grew[1]:.1f} times" if grew[1] >= SURGE else ""
        return f"{mine}, {other}: both got worse alike{busy}, so what differs between them is not to blame"
    alike = " under the same traffic" if np.isfinite(grew).all() else ""
    if asked.change is None:
        return f"only {mine}, while {other}{alike}"
    return f"{mine}, while {other}{alike}: {named(asked.change)} made the difference"
