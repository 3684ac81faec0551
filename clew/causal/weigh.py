"""How much blame does each service carry: a sum of named terms."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clew.causal.blame import blamed, callees
from clew.causal.priors import Priors
from clew.hypothesis import CauseKind, Clue, Term
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

WEIGHTS: Mapping[str, float] = {
    "resource": 1.5,
    "self time": 1.0,
    "edge": 2.0,
    "new errors": 2.0,
    "failed spans": 1.0,
    "lost calls": 0.4,
    "gone": 0.4,
    "external": 2.0,
}
"""Worth of one unit of each channel; `call graph` (latency, errors and requests after blame was shifted) is worth 1."""
_LATE = 180.0
"""A service whose first sign comes this long after the onset is a follower, seconds."""

_ERRORS_SHIFTED = 0.5
"""How much of its worst callee's new errors a caller is forgiven."""
_KNOWN = frozenset((*WEIGHTS, "latency", "errors", "requests"))


class Weighed(NamedTuple):
    """Blame per service with its terms, and the anomaly that each showed before blame was shifted."""

    sums: dict[str, float]
    terms: dict[str, tuple[Term, ...]]
    raw: dict[str, float]


def weigh(clues: Sequence[Clue], graph: CallGraph, priors: Priors, symptom: Symptom, onset: float | None) -> Weighed:
    """Sums the terms of every service that any clue or the graph names. More support never lowers a service's own sum."""
    best = strongest(clues)
    names = sorted({s for _, s in best} | {s for edge in graph.edges for s in edge} | set(graph.services) - {""})
    best = _errors_outside(_errors_shifted(best, graph), {s for edge in graph.edges for s in edge})
    raw = anomalies(best, names, symptom)
    called = blamed(raw, graph, symptom.service)
    terms: dict[str, tuple[Term, ...]] = {}
    for name in names:
        parts = [
            Term(name=channel, value=weight * best[channel, name].amount, says=best[channel, name].says)
            for channel, weight in WEIGHTS.items()
            if (channel, name) in best and best[channel, name].amount > 0
        ]
        if called.get(name, 0.0) > 0:
            parts.append(Term(name="call graph", value=called[name], says=_below(name, raw, graph)))
        mine = [c for (_, s), c in best.items() if s == name]
        parts += _adjustments(name, mine, priors, onset, parts)
        terms[name] = tuple(parts)
    return Weighed({name: max(0.0, sum(t.value for t in terms[name])) for name in names}, terms, raw)


def strongest(clues: Sequence[Clue]) -> dict[tuple[str, str], Clue]:
    """The strongest clue per channel and service; ties go to the sentence that sorts first, so that order never matters."""
    out: dict[tuple[str, str], Clue] = {}
    for clue in sorted(clues, key=lambda c: (-c.amount, c.says, c.onset or 0.0, c.detail)):
        if clue.service and clue.channel in _KNOWN:
            out.setdefault((clue.channel, clue.service), clue)
    return out


def _errors_shifted(best: dict[tuple[str, str], Clue], graph: CallGraph) -> dict[tuple[str, str], Clue]:
    """New errors of a caller less what errors of the services that it depends on explain: an exception travels up the calls."""
    below, out = callees(graph), dict(best)
    amounts = {s: clue.amount for (channel, s), clue in best.items() if channel == "new errors"}
    for name, amount in amounts.items():
        reach = {other for callee in below.get(name, ()) for other in (callee, *below.get(callee, ()))} - {name}
        worst = max((amounts[o] for o in reach if o in amounts and name not in below.get(o, ())), default=0.0)
        if worst > 0:
            left = max(0.0, amount - _ERRORS_SHIFTED * worst)
            out["new errors", name] = best["new errors", name].model_copy(update={"amount": left})
    return out


def _errors_outside(best: dict[tuple[str, str], Clue], nodes: set[str]) -> dict[tuple[str, str], Clue]:
    """New errors that name an outside callee in the graph count for it, and less for the caller that reports them."""
    out = {key: clue for key, clue in best.items() if key[0] != "external" or key[1] in nodes}
    for (channel, _), clue in best.items():
        mine = out.get(("new errors", clue.detail))
        if channel == "external" and clue.service in nodes and mine is not None:
            out["new errors", clue.detail] = mine.model_copy(update={"amount": mine.amount * (1.0 - 0.7 * clue.amount)})
    return out


def anomalies(best: Mapping[tuple[str, str], Clue], names: Sequence[str], symptom: Symptom) -> dict[str, float]:
    """Latency, errors and requests of each service as one amount, the symptom's own signal counting most."""
    worth = {"latency": 1.0, "errors": 1.0, "requests": 0.15}
    if symptom.signal is Signal.LATENCY:
        worth["errors"] = 0.6
    elif symptom.signal in (Signal.ERRORS, Signal.AVAILABILITY):
        worth["latency"] = 0.6
    return {
        name: max(
            weight * best[channel, name].amount if (channel, name) in best else 0.0 for channel, weight in worth.items()
        )
        for name in names
    }


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


def _below(name: str, raw: Mapping[str, float], graph: CallGraph) -> str:
    worst = max(((raw.get(other, 0.0), other) for other in callees(graph).get(name, ())), default=(0.0, ""))
    if worst[0] > 0.05:
        return f"{name} is off by {raw[name]:.2f}, its worst callee {worst[1]} by {worst[0]:.2f}"
    return f"{name} is off by {raw[name]:.2f} and nothing that it calls is"
