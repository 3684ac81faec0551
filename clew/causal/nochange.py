"""How likely is it that no change is to blame: outside failure, surge, or trouble in unrelated places at once."""

from collections.abc import Sequence

from clew.causal.blame import callees
from clew.hypothesis import Clue
from clew.tables import CallGraph

_BASE = 1.1
"""What a change must beat even if nothing else explains the incident: an average harmless commit reaches about 1."""


def none_clue(clues: Sequence[Clue], graph: CallGraph, beyond: Sequence[Clue]) -> Clue:
    """The standing candidate of channel `change` with change `none`, in the unit of change clues.

    Grows with the share of new errors that name something outside, with a provider's own status feed, with a surge of traffic, and with
    the number of unrelated services that broke together (one commit cannot break services that do not call each other).
    """
    outside = max((c.amount for c in beyond), default=0.0)
    wide = min(1.0, sum(c.amount for c in beyond if c.amount > 0.1))
    surge = max((c.amount for c in clues if c.channel == "traffic"), default=0.0)
    alone = scattered(clues, graph)
    amount = _BASE + 0.9 * max(outside, wide) + 0.8 * surge + 0.15 * max(0, len(alone) - 1)
    reasons = [c.says for c in beyond[:1] if c.amount > 0.3]
    if surge > 0.2:
        reasons += [c.says for c in clues if c.channel == "traffic"][:1]
    if len(alone) > 2:
        reasons.append(f"{len(alone)} services that do not call each other failed together: {', '.join(alone[:4])}")
    return Clue(
        channel="change",
        change="none",
        amount=round(amount, 6),
        says="; ".join(reasons)[:200] or "no diff fits well enough",
    )


def scattered(clues: Sequence[Clue], graph: CallGraph) -> tuple[str, ...]:
    """Services with new errors of their own that neither call nor are called by another such service."""
    bad = {c.service for c in clues if c.channel == "new errors" and c.service and c.amount > 0.3}
    below = callees(graph)
    return tuple(
        sorted(s for s in bad if not any(o in below.get(s, ()) or s in below.get(o, ()) for o in bad if o != s))
    )
