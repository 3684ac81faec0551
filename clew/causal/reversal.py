"""Which changes were undone, perhaps made again, and did the symptom follow each time?"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.grid import step_of
from clew.causal.measure import Measure, pooled
from clew.causal.parting import LEAST_AFTER, LEAST_FREEDOM, Pair, Parting, parting
from clew.causal.ruling import Arm, Experiment, Kind, Ruling, named
from clew.causal.say import change as moved
from clew.causal.say import clock, spoken
from clew.evidence import Change
from clew.incident import Symptom
from clew.tables import Bools, Floats, Matrix

_BACK = re.compile(r"\broll(?:ed|ing)?[ -]?back\b|\brevert(?:ed|s|ing)?\b|\bundo(?:ne)?\b|\brestored?\b", re.IGNORECASE)
_ARROWS = ("->", "→", "=>")
_NUMBERED = re.compile(r"\bv?(\d+(?:[._-]\d+)+)\b")
_REACH = 900.0
"""How much of a phase beside a switch is compared, seconds, but at least this many samples:"""
_SAMPLES = 10
_SOON = 120.0
"""How long after a switch the symptom may take to follow, seconds, but at least two samples."""
_TRAFFIC = 1.3
"""Requests that rise and fall with the change by this many times could be what the symptom follows."""


class Reversal(NamedTuple):
    """A change that was undone. `switches` are the times with what it was set to, in order, beginning with the change itself."""

    change: Change
    switches: tuple[tuple[float, bool], ...]
    end: float | None
    """When something third took its place."""

    @property
    def undone(self) -> float:
        """When it was first undone."""
        return self.switches[1][0]

    @property
    def again(self) -> bool:
        """It was made once more."""
        return len(self.switches) > 2


class _State(NamedTuple):
    change: Change
    old: str
    new: str


def reversals(changes: Sequence[Change]) -> tuple[Reversal, ...]:
    """Deploys that were rolled back and flags that were turned back, by time."""
    commits = {c.ref: c for c in changes if c.what == "commit"}
    lines: dict[tuple[str, str, str], list[_State]] = defaultdict(list)
    for change in sorted(changes, key=lambda c: (c.at, c.ref)):
        if change.what == "deploy" and change.service:
            line = lines["deploy", change.service, ""]
            if line and _one_release(line[-1].change, change):
                continue
            old = change.revision_before or (line[-1].new if line else "")
            line.append(_State(change, old, change.commit or _version(change) or change.ref))
        elif change.what in ("flag", "config"):
            name, old, new = _turned(change.title.lower())
            if name and new:
                lines[change.what, change.service or "", name].append(_State(change, old, new))
    out = [found for line in lines.values() for found in _in_line(line, commits)]
    return tuple(sorted(out, key=lambda r: (r.change.at, r.change.ref)))


def _turned(title: str) -> tuple[str, str, str]:
    """`fast_path: off->on` is the name and both states; empty where the title does not say so. No pattern: titles come from outside."""
    arrow = next((arrow for arrow in _ARROWS if arrow in title), None)
    if arrow is None:
        return "", "", ""
    left, _, new = title.partition(arrow)
    place = max(left.rfind(":"), left.rfind("="))
    return (left[:place].strip(), left[place + 1 :].strip(), new.strip()) if place > 0 else ("", "", "")


def _in_line(line: Sequence[_State], commits: Mapping[str, Change]) -> list[Reversal]:
    out: list[Reversal] = []
    used: set[int] = set()
    for place, first in enumerate(line):
        if place in used:
            continue
        switches, end, on = [(first.change.at, True)], None, True
        mine = {place}
        for later, state in enumerate(line[place + 1 :], place + 1):
            back = on and _restores(state, first, commits)
            again = not on and state.new == first.new
            if not back and not again:
                end = state.change.at
                break
            on = again
            switches.append((state.change.at, on))
            mine.add(later)
        if len(switches) > 1:
            used |= mine
            out.append(Reversal(first.change, tuple(switches), end))
    return out


def _restores(state: _State, first: _State, commits: Mapping[str, Change]) -> bool:
    """True if this state brings back what was there before `first`."""
    if state.new == first.new:
        return False
    if first.old and state.new == first.old:
        return True
    if state.change.what != "deploy":
        return False
    brought, undone = commits.get(state.new), commits.get(first.new)
    if _BACK.search(state.change.title) or (brought is not None and _BACK.match(brought.title.strip())):
        return True
    if brought is not None and undone is not None:
        return brought.at < undone.at
    one, other = _numbers(state.change), _numbers(first.change)
    return bool(one and other) and len(one) == len(other) and one < other


def _one_release(one: Change, other: Change) -> bool:
    """True for commits that went out together: each of them is listed as a deploy."""
    return one.at == other.at or (bool(_version(one)) and _version(one) == _version(other))


def _version(change: Change) -> str:
    found = _NUMBERED.search(change.title)
    return found[1] if found else ""


def _numbers(change: Change) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", _version(change))[:8])


def reversed_changes(
    grid: Matrix,
    changes: Sequence[Change],
    onset: float | None,
    by_service: Mapping[str, Sequence[Measure]],
    symptom: Symptom,
) -> tuple[Experiment, ...]:
    """One experiment per change that was undone, on the symptom's series (else on those of the service that changed)."""
    out: list[Experiment] = []
    for found in reversals(changes):
        places = (symptom.service or "", "", found.change.service or "")
        one = next((m for name in places for m in by_service.get(name, ()) if m.primary), None)
        if one is not None:
            out.append(_followed(grid, found, one, onset))
    return tuple(out)


def _followed(grid: Matrix, found: Reversal, one: Measure, onset: float | None) -> Experiment:
    signal = pooled(one.rows.values, range(len(one.rows.values)))
    load = pooled(one.load, range(len(one.load)))
    sides = _sides(grid.times, found, onset)
    seen = [_against(signal, off, on, one.floor) for off, on in sides]
    lacking = next((result for result in seen if isinstance(result, str)), "")
    switched = [result for result in seen if not isinstance(result, str)]
    if lacking:
        return _told(found, one, Ruling.UNKNOWN, lacking, ())
    ruling, doubt = _ruled(switched, loaded=all(_loaded(load, off, on) for off, on in sides))
    later = zip(switched[1:], found.switches[1:], strict=True)
    if ruling is Ruling.FOR and not all(_prompt(grid.times, signal, result, switch) for result, switch in later):
        ruling, doubt = Ruling.UNKNOWN, "the symptom turned some time before or after the switch, not with it"
    return _told(found, one, ruling, doubt, switched)


def _ruled(switched: Sequence[Parting], *, loaded: bool) -> tuple[Ruling, str]:
    """What the switches say together; the first is the change itself, the second its undoing."""
    came, went = switched[0], switched[1]
    if not came.apart:
        return Ruling.UNKNOWN, "the symptom did not come with it"
    if loaded:
        return Ruling.UNKNOWN, "requests rose and fell with it, so load alone could do it"
    if all(result.apart for result in switched):
        return Ruling.FOR, ""
    if went.high < 0.5 * came.effect and went.freedom >= LEAST_FREEDOM:
        return Ruling.AGAINST, ""
    return Ruling.UNKNOWN, "the symptom did not follow every switch clearly"


def _prompt(times: Floats, signal: Floats, result: Parting, switch: tuple[float, bool]) -> bool:
    """True if the signal lay on the old side of the middle just before the switch, and on the new side soon after it."""
    at, on = switch
    step = step_of(times)
    middle = (result.treated[1] + result.control[1]) / 2.0
    soon = at + max(_SOON, 2.0 * step)
    sides = ((at - 3.5 * step, at - 0.5 * step, not on), (soon, soon + 3.0 * step, on))
    for start, end, high in sides:
        there = signal[(times >= start) & (times < end) & np.isfinite(signal)]
        if not len(there) or (float(np.median(there)) > middle) is not high:
            return False
    return True


def _sides(times: Floats, found: Reversal, onset: float | None) -> list[tuple[Bools, Bools]]:
    """Per switch the columns without the change and those with it, near the switch; the first is no earlier than the onset."""
    step = step_of(times)
    reach = max(_REACH, _SAMPLES * step)
    at = [when for when, _ in found.switches]
    if onset is not None and onset < at[1]:
        at[0] = max(at[0], onset)
    bounds = [-np.inf, *at, np.inf if found.end is None else found.end]
    out: list[tuple[Bools, Bools]] = []
    for place, when in enumerate(at):
        early = (times >= max(bounds[place], when - reach)) & (times < when - 0.5 * step)
        late = (times >= when + step) & (times < min(bounds[place + 2], when + reach))
        out.append((late, early) if not found.switches[place][1] else (early, late))
    return out


def _against(signal: Floats, off: Bools, on: Bools, floor: float) -> Parting | str:
    """The signal with the change against the signal without it, as if an arm that never had it had stayed where it was."""
    calm = off & np.isfinite(signal)
    level = float(np.median(signal[calm])) if calm.any() else 0.0
    return parting(Pair(signal, np.full(len(signal), level), off, on), floor=floor, least=LEAST_AFTER)


def _loaded(load: Floats, off: Bools, on: Bools) -> bool:
    """True if there were clearly more requests with the change than without it."""
    one, other = load[on & np.isfinite(load)], load[off & np.isfinite(load)]
    return bool(len(one) and len(other)) and float(np.median(one)) > _TRAFFIC * float(np.median(other))


def _told(found: Reversal, one: Measure, ruling: Ruling, doubt: str, switched: Sequence[Parting]) -> Experiment:
    change, name = found.change, named(found.change)
    proven = ruling is Ruling.FOR and found.again
    experiment = Experiment(
        kind=Kind.REVERSAL,
        service=change.service or one.service,
        change=change.ref,
        commit=change.commit,
        metric=one.metric,
        unit=one.unit,
        treated=Arm(name=f"with {name}"),
        control=Arm(name="without it"),
        start=found.switches[0][0],
        ruling=ruling,
        proven=proven,
        says=f"can't tell from the undoing of {name} at {clock(found.undone)}: {doubt}",
    )
    if not switched:
        return experiment
    (off, on), (then, bad) = ((one.shown(s.control[1]), one.shown(s.treated[1])) for s in switched[:2])
    return experiment.model_copy(
        update={
            "treated": Arm(name=f"with {name}", before=on, after=bad),
            "control": Arm(name="without it", before=off, after=then),
            "effect": switched[1].effect,
            "low": switched[1].low,
            "high": switched[1].high,
            "chance": switched[1].chance,
            "says": experiment.says if doubt else _says(found, one, (off, on, then), proven=proven),
        }
    )


def _says(found: Reversal, one: Measure, levels: tuple[float, float, float], *, proven: bool) -> str:
    off, on, then = levels
    name, back = named(found.change), clock(found.undone)
    what = f"{one.service or 'front door'} {spoken(one.metric)}"
    if abs(then - on) < 0.5 * abs(on - off):
        return f"{what} stayed bad when {name} was undone at {back}: {moved(on, then, one.unit)}"
    tail = ", and came again with it: proven by reversal" if proven else ""
    return f"{what} went {moved(off, on, one.unit)} with {name} and {moved(on, then, one.unit)} when it was undone at {back}{tail}"
