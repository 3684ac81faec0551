"""Who passes a fault on and who made it: blame moves from callers to their anomalous callees."""

from collections import defaultdict, deque
from collections.abc import Mapping

from clew.causal.meaning import passes_through
from clew.causal.weights import Weights
from clew.tables import CallGraph

_PASSING = 0.15
"""What is left of a node that only forwards."""
_ANOMALOUS = 0.05


def callees(graph: CallGraph) -> dict[str, set[str]]:
    """Whom each service calls; calls to itself are left out."""
    out: dict[str, set[str]] = defaultdict(set)
    for caller, callee in graph.edges:
        if caller != callee:
            out[caller].add(callee)
    return out


def shifted(anomaly: Mapping[str, float], graph: CallGraph, share: float) -> dict[str, float]:
    """Each anomaly minus `share` of its worst callee's, at least 0. In a cycle each forgives the other: the larger stays ahead."""
    below = callees(graph)
    return {
        who: max(0.0, amount - share * max((anomaly.get(other, 0.0) for other in below.get(who, ())), default=0.0))
        for who, amount in anomaly.items()
    }


def reached(anomaly: Mapping[str, float], graph: CallGraph, symptom: str | None) -> frozenset[str]:
    """Services joined with the symptom's service by a chain of anomalous callees. Without a symptom or a graph: all."""
    if not symptom or not graph.edges:
        return frozenset(anomaly)
    below = callees(graph)
    seen, queue = {symptom}, deque((symptom,))
    while queue:
        for other in below.get(queue.popleft(), ()):
            if other not in seen and anomaly.get(other, 0.0) > _ANOMALOUS:
                seen.add(other)
                queue.append(other)
    return frozenset(seen)


def blamed(
    anomaly: Mapping[str, float], graph: CallGraph, symptom: str | None, weights: Weights | None = None
) -> dict[str, float]:
    """Blame per service in the units of `anomaly`: shifted to callees, damped off the symptom's path and on nodes that only forward."""
    weights = weights or Weights()
    near = reached(anomaly, graph, symptom)
    out: dict[str, float] = {}
    for who, amount in shifted(anomaly, graph, weights.shifted).items():
        left = amount * (1.0 if who in near else weights.unreached) * (_PASSING if passes_through(who) else 1.0)
        if left > 0:
            out[who] = left
    return out


def depths(graph: CallGraph, symptom: str | None) -> dict[str, int]:
    """Calls between the symptom's service and each service it depends on; services it does not depend on are absent."""
    if not symptom:
        return {}
    below = callees(graph)
    out, queue = {symptom: 0}, deque((symptom,))
    while queue:
        here = queue.popleft()
        for other in sorted(below.get(here, ())):
            if other not in out:
                out[other] = out[here] + 1
                queue.append(other)
    return out
