"""Which natural experiments did the incident run for us, and what do they say of each change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from clew.causal.arm import Split, made_by, places
from clew.causal.grid import regular, step_of
from clew.causal.measure import Measure, measures, pooled
from clew.causal.parting import LEAST_AFTER, Pair, Parting, parting
from clew.causal.ranking import Draft
from clew.causal.reversal import reversed_changes
from clew.causal.ruling import Arm, Experiment, Kind, Ruling
from clew.causal.say import change as moved
from clew.causal.say import clock, spoken
from clew.causal.spread import medians
from clew.evidence import Change
from clew.hypothesis import CauseKind, Clue, Outcome, Trial
from clew.incident import Symptom
from clew.tables import Bools, Floats, Matrix

TRIAL = "natural experiment"

_CHANGES = 50
"""The latest changes of the window that are looked at."""
_SERVICES = 20
_ROWS = 2000
"""Series of one service that are looked at."""
_LEEWAY = 60.0
"""An onset is known to about this, seconds."""
_BEFORE, _AFTER = 7200.0, 900.0
"""How much past and how much of the incident is compared, seconds, but at least these many samples:"""
_SAMPLES_BEFORE, _SAMPLES_AFTER = 60, 8
_MORE = 1.5
"""An arm that got this many times more requests than the other is not under the same traffic."""


class Scene(NamedTuple):
    """What all experiments of one incident share."""

    grid: Matrix
    onset: float | None
    symptom: Symptom


def experiments(
    matrix: Matrix, changes: Sequence[Change], onset: float | None, symptom: Symptom
) -> tuple[Experiment, ...]:
    """Every natural experiment that labels, instances and changes hold, in a fixed order that input order does not touch.

    Pure; bounded in arms and rows; empty where there is nothing to compare. Never raises on short, gappy or constant series: such an
    experiment comes back with the ruling `can't tell` and its reason.
    """
    known = tuple(sorted(changes, key=lambda c: (c.at, c.ref))[-_CHANGES:])
    scene = Scene(_near(matrix, known, symptom), onset, symptom)
    if not scene.grid.keys:
        return ()
    by_service = {name: measures(scene.grid, name, symptom) for name in sorted({k.service for k in scene.grid.keys})}
    out: list[Experiment] = []
    for change in known:
        out += _of_change(scene, change, by_service.get(change.service or "", ()) if change.service else ())
    blamed = {found.service for found in out if found.ruling is Ruling.FOR}
    out += _of_places(scene, [one for name, ones in by_service.items() if name not in blamed for one in ones])
    out += reversed_changes(scene.grid, known, onset, by_service, symptom)
    return tuple(out)


def _near(matrix: Matrix, changes: Sequence[Change], symptom: Symptom) -> Matrix:
    """The rows of services that changed, that the symptom names, or that have several rows of one metric; the rest cannot compare."""
    wanted = {c.service for c in changes if c.service} | {symptom.service or "", ""}
    rows: dict[str, list[int]] = {}
    several: set[str] = set()
    for row, key in enumerate(matrix.keys):
        if key.service in wanted or key.instance or key.labels:
            rows.setdefault(key.service, []).append(row)
            if key.service not in wanted and len(rows[key.service]) > 2:
                several.add(key.service)
    kept = [*sorted(name for name in rows if name in wanted), *sorted(several)[:_SERVICES]]
    chosen = sorted(row for name in kept for row in rows[name][:_ROWS])
    return regular(replace(matrix, keys=tuple(matrix.keys[r] for r in chosen), values=matrix.values[chosen]))


def _of_change(scene: Scene, change: Change, found: Sequence[Measure]) -> list[Experiment]:
    """The experiment that a change made in its service: the first measure that rules, the symptom's own first."""
    slack = _LEEWAY + step_of(scene.grid.times)
    if scene.onset is not None and change.at > scene.onset + slack:
        return []
    tried: list[Experiment] = []
    for one in found:
        split = made_by(change, one.rows, scene.grid.times)
        if split is not None:
            tried.append(_compared(scene, one, split._replace(looks=len(found)), change))
    ruled = [t for t in tried if t.ruling is not Ruling.UNKNOWN]
    return (ruled or tried)[:1]


def _of_places(scene: Scene, found: Sequence[Measure]) -> list[Experiment]:
    """Zones and instances of which one got worse; only what rules is told, since every fleet has pods to compare."""
    onset = scene.onset
    if onset is None:
        return []
    picked: list[tuple[Measure, Split]] = []
    for one in found:
        before, after = _phases(scene, onset)
        rise = medians(one.rows.values[:, after]) - medians(one.rows.values[:, before])
        picked += [(one, split) for split in places(one.rows, rise)]
    out: dict[tuple[str, Kind], Experiment] = {}
    for one, split in picked:
        ruled = _compared(scene, one, split._replace(looks=split.looks * len(picked)), None)
        if ruled.ruling is Ruling.FOR:
            out.setdefault((one.service, split.kind), ruled)
    return list(out.values())


def _phases(scene: Scene, start: float, made: float | None = None) -> tuple[Bools, Bools]:
    """Columns before and after; the past of a change ends where it was made."""
    times = scene.grid.times
    step = step_of(times)
    reach = max(_BEFORE, _SAMPLES_BEFORE * step)
    first = start if made is None else min(start, made)
    before = (times < first - _LEEWAY - 0.5 * step) & (times >= first - reach)
    after = (times >= start) & (times <= start + max(_AFTER, _SAMPLES_AFTER * step))
    return before, after


def _compared(scene: Scene, one: Measure, split: Split, change: Change | None) -> Experiment:
    start = max(change.at, scene.onset or change.at) if change else scene.onset or 0.0
    before, after = _phases(scene, start, change.at if change else None)
    treated, control = pooled(one.rows.values, split.treated), pooled(one.rows.values, split.control)
    fresh = split.kind in (Kind.CANARY, Kind.FLAG)
    twins = one.rows.values[list(split.control)] if fresh else None
    result = parting(Pair(treated, control, before, after), floor=one.floor, looks=split.looks, twins=twins)
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
        start=start,
        ruling=Ruling.UNKNOWN,
        says="",
    )
    if isinstance(result, str):
        return empty.model_copy(update={"says": f"can't tell from {told}: {result}"})
    doubt = result.doubt or (_unequal(one, split, before, after) if result.apart else "")
    ruling = Ruling.UNKNOWN if doubt else Ruling.FOR if result.apart else Ruling.AGAINST
    return empty.model_copy(
        update={
            "treated": _arm(split.named[0], one, result.treated, int((after & np.isfinite(treated)).sum())),
            "control": _arm(split.named[1], one, result.control, int((after & np.isfinite(control)).sum())),
            "effect": result.effect,
            "low": result.low,
            "high": result.high,
            "chance": result.chance,
            "ruling": ruling,
            "says": f"can't tell from {told}: {doubt}"
            if doubt
            else f"{told} from {clock(start)}: {_says(one, split, result, ruling)}",
        }
    )


def _arm(name: str, one: Measure, levels: tuple[float, float], samples: int) -> Arm:
    return Arm(name=name, before=one.shown(levels[0]), after=one.shown(levels[1]), samples=samples)


def _unequal(one: Measure, split: Split, before: Bools, after: Bools) -> str:
    """Why the arms were not under the same traffic; empty if they were, or if nobody measured it."""
    grew = [_growth(pooled(one.load, rows), before, after) for rows in (split.treated, split.control)]
    if not np.isfinite(grew).all() or grew[0] <= _MORE * grew[1]:
        return ""
    return f"{split.named[0]} got {grew[0] / grew[1]:.1f} times the requests that {split.named[1]} got, so load alone could do it"


def _growth(load: Floats, before: Bools, after: Bools) -> float:
    """How many times the requests before there were after; NaN where they were not measured on both sides."""
    early, late = load[before & np.isfinite(load)], load[after & np.isfinite(load)]
    usual = float(np.median(early)) if len(early) >= LEAST_AFTER else 0.0
    return float(np.median(late)) / usual if usual > 0 and len(late) >= LEAST_AFTER else float("nan")


def _says(one: Measure, split: Split, result: Parting, ruling: Ruling) -> str:
    """The comparison in one sentence, levels in the metric's own direction."""
    one_arm, other = (
        f"{name} {moved(one.shown(levels[0]), one.shown(levels[1]), one.unit)}"
        for name, levels in zip(split.named, (result.treated, result.control), strict=True)
    )
    if ruling is Ruling.AGAINST:
        return f"{one_arm}, {other}: both got worse alike, so what differs between them is not to blame"
    if split.kind in (Kind.INSTANCE, Kind.ZONE):
        return f"only {one_arm}, while {other}"
    return f"{one_arm}, while {other}"


def experiment_clues(found: Sequence[Experiment]) -> tuple[Clue, ...]:
    """One clue of channel `experiment` per experiment that ruled: amount 0..1 where it speaks for the change (or for the service, where
    no change stands behind it), amount 0 where it speaks against; `detail` is the ruling (`proven` for a symptom that followed twice).
    """
    return tuple(
        Clue(
            channel="experiment",
            service=one.service or None,
            change=one.change,
            amount=_amount(one),
            onset=one.start,
            says=one.says,
            detail="proven" if one.proven else one.ruling.value,
        )
        for one in found
        if one.ruling is not Ruling.UNKNOWN
    )


def _amount(one: Experiment) -> float:
    if one.ruling is not Ruling.FOR:
        return 0.0
    return 1.0 if one.proven else 0.6 if one.change is None else 0.8


def experiment_trials(draft: Draft, found: Sequence[Experiment]) -> tuple[Trial, ...]:
    """The trial of this candidate: passed, failed or can't tell, by the strongest experiment on it; nothing where none concerns it."""
    change, service = draft.cause.change, draft.cause.service
    if draft.cause.kind is CauseKind.CHANGE:
        mine = [one for one in found if change and change in (one.change, one.commit)]
        local = [one for one in found if one.change is None and one.service == service and one.ruling is Ruling.FOR]
        if local and not any(one.ruling is Ruling.FOR for one in mine):
            return (Trial(name=TRIAL, outcome=Outcome.FAILED, says=f"the change went everywhere, yet {local[0].says}"),)
    elif draft.cause.kind is CauseKind.SERVICE:
        mine = [one for one in found if one.service == service and one.ruling is Ruling.FOR]
    else:
        mine = []
    order = (Ruling.FOR, Ruling.AGAINST, Ruling.UNKNOWN)
    best = min(mine, key=lambda one: (not one.proven, order.index(one.ruling)), default=None)
    if best is None:
        return ()
    outcome = {Ruling.FOR: Outcome.PASSED, Ruling.AGAINST: Outcome.FAILED, Ruling.UNKNOWN: Outcome.UNKNOWN}[best.ruling]
    return (Trial(name=TRIAL, outcome=outcome, says=best.says),)
