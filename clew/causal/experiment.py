"""Which natural experiments did the incident run for us, and what do they say of each change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from clew.causal.arm import Split, made_by, places
from clew.causal.comparison import LEEWAY, SURGE, Question, compared, phases
from clew.causal.grid import regular, step_of
from clew.causal.measure import Measure, measures
from clew.causal.ranking import Draft
from clew.causal.reversal import reversed_changes
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.causal.spread import medians
from clew.evidence import Change
from clew.hypothesis import CauseKind, Clue, Outcome, Trial
from clew.incident import Symptom
from clew.tables import Floats, Matrix

TRIAL = "natural experiment"
_CHANGES = 50
"""The latest changes of the window that are looked at."""
_SERVICES = 20
"""Services beside those that changed or that the symptom names, whose pods and zones are compared."""
_ROWS = 2000
"""Series of one service that are looked at."""


class _Site(NamedTuple):
    """What is known of one service: its measures, the grid they lie on, the onset, and its deploys in order of time."""

    times: Floats
    onset: float | None
    found: Sequence[Measure]
    deploys: tuple[Change, ...]

    def until(self, change: Change) -> float:
        """When the next deploy took over; infinite for the last one before the onset."""
        latest = np.inf if self.onset is None else self.onset + LEEWAY
        later = [d.at for d in self.deploys if change.at < d.at <= latest]
        return min(later, default=np.inf)


def experiments(
    matrix: Matrix, changes: Sequence[Change], onset: float | None, symptom: Symptom
) -> tuple[Experiment, ...]:
    """Every natural experiment that labels, instances and changes hold, in a fixed order that input order does not touch.

    Pure; bounded in arms and rows; empty where there is nothing to compare. Never raises on short, gappy or constant series: such an
    experiment comes back with the ruling `can't tell` and its reason.
    """
    known = tuple(sorted(changes, key=lambda c: (c.at, c.ref))[-_CHANGES:])
    grid = _near(matrix, known, symptom)
    if not grid.keys:
        return ()
    by_service = {name: measures(grid, name, symptom) for name in sorted({key.service for key in grid.keys})}
    out: list[Experiment] = []
    for name, found in by_service.items():
        mine = tuple(c for c in known if c.service == name and name)
        site = _Site(grid.times, onset, found, tuple(c for c in mine if c.what == "deploy"))
        out += [experiment for change in mine for experiment in _of_change(site, change)]
    blamed = {found.service for found in out if found.ruling is Ruling.FOR}
    out += _of_places(grid.times, onset, [m for name, found in by_service.items() if name not in blamed for m in found])
    out += reversed_changes(grid, known, onset, by_service, symptom)
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


def _of_change(site: _Site, change: Change) -> tuple[Experiment, ...]:
    """The experiment that a change made in its service: the first measure that rules, the symptom's own first."""
    if site.onset is not None and change.at > site.onset + LEEWAY + step_of(site.times):
        return ()
    splits = [(one, made_by(change, one.rows, site.times, site.until(change))) for one in site.found]
    asked = [
        Question(site.times, site.onset, one, split._replace(looks=len(site.found)), change)
        for one, split in splits
        if split is not None
    ]
    tried = [compared(question) for question in asked]
    return tuple(([t for t in tried if t.ruling is not Ruling.UNKNOWN] or tried)[:1])


def _of_places(times: Floats, onset: float | None, found: Sequence[Measure]) -> list[Experiment]:
    """Zones and instances of which one got worse; only what rules is told, since every fleet has pods to compare."""
    if onset is None:
        return []
    before, after = phases(times, onset)
    picked: list[tuple[Measure, Split]] = []
    for one in found:
        rise = medians(one.rows.values[:, after]) - medians(one.rows.values[:, before])
        picked += [(one, split) for split in places(one.rows, rise)]
    out: dict[tuple[str, Kind], Experiment] = {}
    for one, split in picked:
        ruled = compared(Question(times, onset, one, split._replace(looks=split.looks * len(picked))))
        if ruled.ruling is Ruling.FOR:
            out.setdefault((one.service, split.kind), ruled)
    return list(out.values())


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
    """Arms that ran side by side say more than one undoing, which an end by itself looks like; two undoings say most."""
    if one.ruling is not Ruling.FOR:
        return 0.0
    return 1.0 if one.proven else 0.5 if one.kind is Kind.REVERSAL or one.change is None else 0.8


def experiment_trials(draft: Draft, found: Sequence[Experiment]) -> tuple[Trial, ...]:
    """The trial of this candidate: passed, failed or can't tell, by the strongest experiment on it; nothing where none concerns it."""
    change, service = draft.cause.change, draft.cause.service
    if draft.cause.kind is CauseKind.CHANGE:
        mine = [one for one in found if change and change in (one.change, one.commit)]
        local = [one for one in found if one.change is None and one.service == service and one.ruling is Ruling.FOR]
        if local and not any(one.ruling is Ruling.FOR for one in mine):
            return (
                Trial(
                    name=TRIAL,
                    outcome=Outcome.FAILED,
                    says=f"nothing says that it reached one place alone, yet {local[0].says}",
                ),
            )
    elif draft.cause.kind is CauseKind.TRAFFIC:
        shared = [one for one in found if one.ruling is Ruling.AGAINST and (one.load or 0.0) >= SURGE]
        return tuple(Trial(name=TRIAL, outcome=Outcome.PASSED, says=one.says) for one in shared[:1])
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
