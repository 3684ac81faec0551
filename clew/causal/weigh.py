"""How much blame does each service carry: a sum of named terms."""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from clew.causal.blame import blamed, callees
from clew.causal.priors import Priors
from clew.causal.weights import Weights
from clew.hypothesis import CauseKind, Clue, Term
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

CHANNELS = (
    "resource",
    "self time",
    "edge",
    "new errors",
    "failed spans",
    "lost calls",
    "gone",
    "stopped calls",
    "external",
)
"""What counts for a service by itself, beside the latency, errors and requests that move along calls."""
_EFFECTS = ("new errors", "failed spans", "lost calls", "gone", "stopped calls")
"""What a service shows that waits for, or is refused by, something below it."""
_SIGNALS = ("latency", "errors", "requests")
_REQUESTS = 0.15
"""More or fewer requests are mostly what others do."""
_LATE = 180.0
"""A service whose first sign comes this long after the onset is a follower, seconds."""
QUIET = 0.05
"""Below this a signal is as ever."""
_STREAM = 0.5
"""From here a template is a stream of lines: strays, which anybody can plant, do not add up."""
_COMBINED = 3
"""So many templates of new errors of one service are counted together."""
_KNOWN = frozenset((*CHANNELS, *_SIGNALS))


class Weighed(NamedTuple):
    """Blame per service with its terms, and the anomaly that each showed before blame was shifted."""

    sums: dict[str, float]
    terms: dict[str, tuple[Term, ...]]
    raw: dict[str, float]


def weigh(
    clues: Sequence[Clue],
    graph: CallGraph,
    priors: Priors,
    *,
    symptom: Symptom,
    onset: float | None,
) -> Weighed:
    """Sums the terms of every service that any clue or the graph names. More support never lowers a service's own sum."""
    weights = priors.weights
    best = strongest(clues, symptom.service)
    nodes = {s for edge in graph.edges for s in edge}
    best = _errors_outside(best, nodes)
    names = sorted({s for _, s in best} | nodes | set(graph.services) - {""})
    signals = {kind: {n: _signal(best.get((kind, n))) for n in names} for kind in _SIGNALS}
    worth = _worth(symptom, weights)
    raw = {n: max(worth[kind] * signals[kind][n] for kind in _SIGNALS) for n in names}
    called = {kind: blamed(signals[kind], graph, symptom.service, weights) for kind in _SIGNALS}
    terms: dict[str, tuple[Term, ...]] = {}
    below = callees(graph)
    for name in names:
        left = weights.call_graph * max(worth[kind] * called[kind].get(name, 0.0) for kind in _SIGNALS)
        moved = (
            (Term(name="call graph", value=left, says=_below(name, raw, below.get(name, set()))),) if left > 0 else ()
        )
        terms[name] = (*_own(name, best, weights), *moved)
    terms = _explained(terms, graph, weights)
    out: dict[str, tuple[Term, ...]] = {}
    mine: dict[str, list[Clue]] = {}
    for (_, name), clue in best.items():
        mine.setdefault(name, []).append(clue)
    for name in names:
        out[name] = (*terms[name], *_adjustments(name, mine.get(name, []), priors, onset, terms[name]))
    return Weighed({name: max(0.0, sum(t.value for t in out[name])) for name in names}, out, raw)


def _worth(symptom: Symptom, weights: Weights) -> dict[str, float]:
    """The symptom's own signal counts most: a slow callee refuses nobody, and an error takes no time."""
    worth = {"latency": 1.0, "errors": 1.0, "requests": _REQUESTS}
    if symptom.signal is Signal.LATENCY:
        worth["errors"] = weights.other_signal
    elif symptom.signal in (Signal.ERRORS, Signal.AVAILABILITY):
        worth["latency"] = weights.other_signal
    return worth


def _own(name: str, best: Mapping[tuple[str, str], Clue], weights: Weights) -> tuple[Term, ...]:
    return tuple(
        Term(name=channel, value=weights.worth(channel) * best[channel, name].amount, says=best[channel, name].says)
        for channel in CHANNELS
        if (channel, name) in best and best[channel, name].amount > 0
    )


def _explained(
    terms: Mapping[str, tuple[Term, ...]], graph: CallGraph, weights: Weights
) -> dict[str, tuple[Term, ...]]:
    """Each service's effects less what the worst service below it (two calls deep) explains: trouble travels up the calls."""
    below = callees(graph)
    sums = {name: sum(t.value for t in found) for name, found in terms.items()}
    out: dict[str, tuple[Term, ...]] = {}
    for name, found in terms.items():
        effects = sum(t.value for t in found if t.name in _EFFECTS)
        reach = {other for callee in below.get(name, ()) for other in (callee, *below.get(callee, ()))} - {name}
        worst = max(((sums.get(o, 0.0), o) for o in reach if name not in below.get(o, ())), default=(0.0, ""))
        less = min(effects, weights.explained * worst[0])
        says = f"{worst[1]}, on which {name} depends, explains part of it"
        out[name] = (*found, Term(name="explained by callees", value=-less, says=says)) if less > 0 else found
    return out


def _signal(clue: Clue | None) -> float:
    return clue.amount if clue is not None and clue.amount > QUIET else 0.0


def strongest(clues: Sequence[Clue], front: str | None = None) -> dict[tuple[str, str], Clue]:
    """The strongest clue per channel and service; ties go to the sentence that sorts first, so that order never matters.

    New errors of one service add up (as odds, at most three templates): two messages of one fault are one fault. What the whole
    system shows (no service) counts for `front`, the service that the alert speaks of.
    """
    out: dict[tuple[str, str], Clue] = {}
    count: dict[str, int] = {}
    for clue in sorted(clues, key=lambda c: (-c.amount, c.says, c.onset or 0.0, c.detail)):
        who = clue.service or (front if clue.channel in _SIGNALS else None)
        if not who or clue.channel not in _KNOWN:
            continue
        first = out.setdefault((clue.channel, who), clue)
        if clue.channel == "new errors":
            count[who] = count.get(who, 0) + 1
            if first is not clue and count[who] <= _COMBINED and clue.amount >= _STREAM:
                both = _together(first.amount, clue.amount)
                out[clue.channel, who] = first.model_copy(update={"amount": both})
    return out


def _together(one: float, other: float) -> float:
    odds = sum(a / max(1e-9, 1.0 - a) for a in (one, other))
    return round(odds / (1.0 + odds), 6)


def _errors_outside(best: dict[tuple[str, str], Clue], nodes: set[str]) -> dict[tuple[str, str], Clue]:
    """New errors that name an outside callee in the graph count for it, and less for the caller that reports them."""
    out = {key: clue for key, clue in best.items() if key[0] != "external" or key[1] in nodes}
    for (channel, _), clue in best.items():
        mine = out.get(("new errors", clue.detail))
        if channel == "external" and clue.service in nodes and mine is not None:
            out["new errors", clue.detail] = mine.model_copy(update={"amount": mine.amount * (1.0 - 0.7 * clue.amount)})
    return out


def _adjustments(
    name: str, found: Sequence[Clue], priors: Priors, onset: float | None, parts: Sequence[Term]
) -> list[Term]:
    whole = sum(part.value for part in parts)
    if whole <= 0:
        return []
    out: list[Term] = []
    starts = [clue.onset for clue in found if clue.onset is not None]
    if onset is not None and starts and min(starts) > onset + _LATE:
        out.append(
            Term(
                name="timing",
                value=-0.2 * whole,
                says=f"its first sign comes {(min(starts) - onset) / 60:.0f} min after the onset",
            )
        )
    prior = priors.weight(CauseKind.SERVICE, name)
    if prior:
        out.append(
            Term(name="prior", value=prior * min(1.0, whole), says="what people confirmed or rejected here before")
        )
    return out


def _below(name: str, raw: Mapping[str, float], below: Set[str]) -> str:
    worst = max(((raw.get(other, 0.0), other) for other in below), default=(0.0, ""))
    if worst[0] > 0.05:
        return f"{name} is off by {raw[name]:.2f}, its worst callee {worst[1]} by {worst[0]:.2f}"
    return f"{name} is off by {raw[name]:.2f} and nothing that it calls is"
