"""Which cause comes first: clues in, a ranking out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from clew.causal.blame import blamed, shifted
from clew.causal.priors import Priors
from clew.causal.ranking import Ranking
from clew.evidence import Change
from clew.hypothesis import Clue, Verdict
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

WEIGHTS: Mapping[str, float] = {
    "resource": 1.5,
    "self time": 1.0,
    "edge": 1.5,
    "new errors": 2.0,
    "lost calls": 0.4,
    "gone": 0.4,
    "failed spans": 1.0,
    "call graph": 1.0,
}


def rank(
    clues: Sequence[Clue],
    graph: CallGraph,
    priors: Priors,
    *,
    symptom: Symptom,
    onset: float | None,
    changes: Sequence[Change],
) -> Ranking:
    """The whole incident-level arithmetic; see the module."""
    sums, _ = scores(clues, graph, symptom)
    order = tuple(sorted(sums, key=lambda s: (-sums[s], s)))
    return Ranking(verdict=Verdict.NOT_FOUND, headline="", onset=onset, services=order)


def scores(clues: Sequence[Clue], graph: CallGraph, symptom: Symptom):
    best: dict[tuple[str, str], float] = defaultdict(float)
    for c in clues:
        if c.service:
            best[c.channel, c.service] = max(best[c.channel, c.service], c.amount)
    names = {c.service for c in clues if c.service} | {s for e in graph.edges for s in e} | set(graph.services) - {""}
    on = {"latency": 1.0, "errors": 1.0, "requests": 0.15}
    if symptom.signal is Signal.LATENCY:
        on["errors"] = 0.6
    elif symptom.signal in (Signal.ERRORS, Signal.AVAILABILITY):
        on["latency"] = 0.6
    anomaly = {s: max(w * best.get((ch, s), 0.0) for ch, w in on.items()) for s in names}
    call = blamed(anomaly, graph, symptom.service)
    err = {s: best.get(("new errors", s), 0.0) for s in names}
    terms: dict[str, dict[str, float]] = {s: {} for s in names}
    for (ch, s), a in best.items():
        if ch in WEIGHTS:
            terms[s][ch] = WEIGHTS[ch] * a
    for s, a in call.items():
        terms[s]["call graph"] = WEIGHTS["call graph"] * a
    return {s: sum(t.values()) for s, t in terms.items()}, terms
