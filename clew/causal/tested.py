"""What did the world itself try out: natural experiments raise, cut or prove a change."""

from collections.abc import Mapping, Sequence

from clew.causal.say import within
from clew.evidence import Change
from clew.hypothesis import Clue

_WORTH = 1.5
"""What a whole ruling for a change adds, in the unit of change clues: as much as a dangerous diff in the right place."""
_CUT = 0.25
"""What is left of a change whose arm fared no worse than the one without it."""


def tested(fits: Sequence[Clue], clues: Sequence[Clue], changes: Sequence[Change]) -> tuple[Clue, ...]:
    """The change clues after the clues of channel `experiment`; a commit is meant where its deploy was tried. Strongest first."""
    ruled = _rulings(clues, changes)
    out: list[Clue] = []
    for fit in fits:
        found = ruled.get(fit.change or "")
        if found is None:
            out.append(fit)
            continue
        amount = fit.amount + _WORTH * found.amount if found.amount > 0 else _CUT * fit.amount
        says = within(f"{fit.says}; {found.says}", 240)
        out.append(fit.model_copy(update={"amount": round(amount, 6), "says": says}))
    return tuple(sorted(out, key=lambda c: (-c.amount, c.change or "")))


def proven(change: str | None, clues: Sequence[Clue], changes: Sequence[Change]) -> bool:
    """True if the symptom went with the change and came back with it, twice: the decisive test from outside."""
    found = _rulings(clues, changes).get(change or "")
    return found is not None and found.detail == "proven"


def _rulings(clues: Sequence[Clue], changes: Sequence[Change]) -> Mapping[str, Clue]:
    """Per change, and per commit that it deployed, the strongest ruling; where rulings differ the one for it counts."""
    commits = {c.ref: c.commit for c in changes if c.commit}
    out: dict[str, Clue] = {}
    for clue in sorted(clues, key=lambda c: (-c.amount, c.says)):
        if clue.channel == "experiment" and clue.change:
            for ref in (clue.change, commits.get(clue.change)):
                if ref:
                    out.setdefault(ref, clue)
    return out
