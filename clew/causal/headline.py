"""What is wrong, in an on-call person's words: the symptom with its numbers, then how far it reaches."""

from collections.abc import Sequence

from clew.causal.meaning import Meaning, meaning
from clew.causal.say import several, within
from clew.hypothesis import Clue
from clew.incident import Symptom

LIMIT = 150
_NOTICED = 0.25
"""A service below this is called as usual."""
_CLEARLY = 0.5
"""Below this part of the worst a service is called neither affected nor usual."""
_EFFECTS = ("latency", "errors")


def headline(clues: Sequence[Clue], symptom: Symptom, quiet: Sequence[Clue]) -> str:
    """`web p99 latency 0.32 → 1.12 s since 22:18:25 UTC; checkout and web affected, cart and 4 more as usual`.

    The symptom is the alert's own series where it was read, else what moved most at the front door or anywhere. With `quiet` clues the
    first of them is the headline.
    """
    if quiet:
        return quiet[0].says
    told = next((c for c in clues if c.channel == "symptom"), None) or _loudest(clues, symptom)
    if told is None:
        return "the symptom could not be seen in what was read"
    reaches = (f"{told.says}; {reach}" for reach in _reaches(clues, symptom))
    return next((said for said in reaches if len(said) <= LIMIT), within(told.says, LIMIT))


def _loudest(clues: Sequence[Clue], symptom: Symptom) -> Clue | None:
    wanted = "errors" if symptom.signal in ("errors", "availability") else "latency"
    able = [c for c in clues if c.channel in (*_EFFECTS, "new errors", "failed spans") and c.amount > 0]
    near = [c for c in able if c.service in ("", symptom.service)] or able
    return max(
        near,
        key=lambda c: (c.channel == wanted, meaning(c.detail) is not Meaning.CALLING, c.amount, c.says),
        default=None,
    )


def _reaches(clues: Sequence[Clue], symptom: Symptom) -> tuple[str, ...]:
    """How far it goes, in ever fewer words."""
    amounts: dict[str, float] = {}
    for clue in clues:
        if clue.channel in _EFFECTS and clue.service and clue.amount >= _NOTICED:
            amounts[clue.service] = max(amounts.get(clue.service, 0.0), clue.amount)
    told = [c for c in clues if c.channel == "seen" and c.says.endswith("metrics")]
    measured = {name for clue in told for name in clue.detail.split("\n") if name}
    bar = _CLEARLY * max(amounts.values(), default=0.0)
    hit = sorted((name for name in amounts if amounts[name] >= bar), key=lambda name: (-amounts[name], name))
    calm = sorted(measured - set(amounts) - {symptom.service or ""})
    if not hit:
        return ()
    who = f"{several(hit, 2)} affected"
    if not calm:
        return (who, f"{len(hit)} services affected")
    short = f"{len(hit)} services affected, {len(calm)} as usual"
    return (f"{who}, {several(calm, 1)} as usual", f"{who}, {len(calm)} others as usual", who, short)
