"""What is wrong, in an on-call person's words: the symptom with its numbers, then how far it reaches."""

from collections.abc import Sequence

from clew.causal.meaning import Meaning, meaning
from clew.causal.say import several
from clew.hypothesis import Clue
from clew.incident import Symptom

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
    reach = _reach(clues)
    return f"{told.says}; {reach}" if reach else told.says


def _loudest(clues: Sequence[Clue], symptom: Symptom) -> Clue | None:
    wanted = "errors" if symptom.signal in ("errors", "availability") else "latency"
    able = [c for c in clues if c.channel in (*_EFFECTS, "new errors", "failed spans") and c.amount > 0]
    near = [c for c in able if c.service in ("", symptom.service)] or able
    return max(
        near,
        key=lambda c: (c.channel == wanted, meaning(c.detail) is not Meaning.CALLING, c.amount, c.says),
        default=None,
    )


def _reach(clues: Sequence[Clue]) -> str:
    amounts: dict[str, float] = {}
    for clue in clues:
        if clue.channel in _EFFECTS and clue.service and clue.amount >= _NOTICED:
            amounts[clue.service] = max(amounts.get(clue.service, 0.0), clue.amount)
    measured = {
        name
        for clue in clues
        if clue.channel == "seen" and clue.says.endswith("metrics")
        for name in clue.detail.split("\n")
        if name
    }
    bar = _CLEARLY * max(amounts.values(), default=0.0)
    hit = sorted((name for name in amounts if amounts[name] >= bar), key=lambda name: (-amounts[name], name))
    calm = sorted(measured - set(amounts))
    if not hit:
        return ""
    return f"{several(hit, 2)} affected" + (f", {several(calm, 1)} as usual" if calm else "")
