"""Which other explanations stay open beside the best one: one fault is one cause, however many services feel it."""

from collections.abc import Sequence
from typing import NamedTuple

from clew.causal.blame import depths
from clew.causal.meaning import family, held_up
from clew.causal.ranking import Draft
from clew.hypothesis import CauseKind, Clue, Confidence
from clew.tables import CallGraph

_APART = 300.0
"""Faults that begin this far apart are two, seconds."""
_BAR = 0.4
"""A rival weighs at least this part of the best, or it is noise beside it."""
_OWN = 0.35
"""From here a clue shows trouble of a service's own, which a slow callee does not cause."""


class Settled(NamedTuple):
    """What stays open, best first, and per explained draft the service that explains it."""

    open: tuple[Draft, ...]
    explained: tuple[tuple[Draft, str], ...]


def settled(drafts: Sequence[Draft], graph: CallGraph) -> Settled:
    """Judged drafts (best first) compared with the best: a caller of it is explained by it, a callee of it is at most Possible, a
    much lighter one is left out. A draft that began at another time, or that no path joins with the best, keeps its word.
    """
    if not drafts:
        return Settled((), ())
    best, kept, explained = drafts[0], [drafts[0]], list[tuple[Draft, str]]()
    sure = best.confidence in (Confidence.LIKELY, Confidence.CONFIRMED)
    at = best.cause.service
    for draft in drafts[1:]:
        who = draft.cause.service
        if who is not None and who == at and CauseKind.CHANGE not in (draft.cause.kind, best.cause.kind):
            continue  # the same trouble told twice
        apart = _apart(draft, best)
        if not apart and sure and _calls(graph, who, at) and not _own(draft):
            explained.append((draft, at or ""))
        elif draft.weight >= _BAR * best.weight:
            joined = who == at or _calls(graph, who, at) or _calls(graph, at, who)
            kept.append(_capped(draft) if joined and not apart else draft)
    return Settled(tuple(kept), tuple(explained))


def _calls(graph: CallGraph, caller: str | None, callee: str | None) -> bool:
    """True if one depends on the other, directly or through others."""
    return bool(caller and callee and caller != callee and callee in depths(graph, caller))


def _own(draft: Draft) -> bool:
    return any(c.amount >= _OWN and own(c) for c in draft.support)


def own(clue: Clue) -> bool:
    """True for a clue that waiting for somebody else does not produce: work of its own, or a process that is blocked."""
    if clue.channel == "resource":
        return family(clue.detail) in ("cpu", "memory", "disk")
    return clue.channel == "self time" or (clue.channel == "latency" and held_up(clue.detail))


def _apart(one: Draft, other: Draft) -> bool:
    first, second = _began(one), _began(other)
    return first is not None and second is not None and abs(first - second) > _APART


def _began(draft: Draft) -> float | None:
    """When its trouble was first seen; when a change was made says nothing of that."""
    return min((c.onset for c in draft.support if c.onset is not None and c.channel != "change"), default=None)


def _capped(draft: Draft) -> Draft:
    if draft.confidence is Confidence.LIKELY:
        return draft.model_copy(update={"confidence": Confidence.POSSIBLE})
    return draft
