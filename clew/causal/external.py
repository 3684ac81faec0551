"""Does the failure come from outside: a dependency that is called, fails, and is none of our services."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from clew.causal.say import clock
from clew.hypothesis import Clue
from clew.tables import CallGraph

_HOST = re.compile(
    r"\b(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|io|dev|cloud|app|co|eu|us|uk|de|ai)\b(?!\s*\()",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\.(?:local|internal|svc|cluster|lan)\b|^(?:www\.)?example\.", re.IGNORECASE)


def external_clues(clues: Sequence[Clue], graph: CallGraph) -> tuple[Clue, ...]:
    """Clues of channel `external`, one per outside name, strongest first; `service` is the outside name, amount 0..1.

    Outside is a callee in the graph that sends no logs or spans of its own, or a public host name in the text of new errors. Amount is
    the largest share of one caller's new errors that name it; a provider's own status feed adds to every one. `detail` is that caller.
    """
    own = _own(clues)
    if not own:
        return ()
    errors = [clue for clue in clues if clue.channel == "new errors" and clue.amount > 0]
    feed = sum(clue.amount for clue in clues if clue.channel == "status feed")
    named: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    by_service: dict[str, float] = defaultdict(float)
    first: dict[str, float] = {}
    for clue in errors:
        by_service[clue.service or ""] += clue.amount
        for name in _names(clue.detail, graph, own):
            named[name][clue.service or ""] += clue.amount
            first[name] = min(first.get(name, float("inf")), clue.onset if clue.onset is not None else float("inf"))
    out: list[Clue] = []
    for name, callers in named.items():
        caller, share = max(
            ((who, amount / by_service[who]) for who, amount in callers.items()), key=lambda x: (x[1], x[0])
        )
        since = first[name] if first[name] != float("inf") else None
        tail = f" from {clock(since)}" if since is not None else ""
        says = f"{100 * share:.0f} % of the new errors of {caller}{tail} speak of {name}, which is not ours"
        out.append(
            Clue(
                channel="external",
                service=name,
                amount=round(min(1.0, share + 0.3 * min(1.0, feed)), 6),
                onset=since,
                says=says[:160],
                detail=caller,
            )
        )
    return tuple(sorted(out, key=lambda c: (-c.amount, c.service or "")))


def _names(text: str, graph: CallGraph, own: set[str]) -> Iterable[str]:
    callees = {callee for _, callee in graph.edges}
    hosts = {host.lower() for host in _HOST.findall(text) if not _INSIDE.search(host)}
    dark = {name for name in callees if name not in own and len(name) > 3 and name.lower() in text.lower()}
    return sorted(hosts | dark)


def _own(clues: Sequence[Clue]) -> set[str]:
    """Services that send logs or spans, or, where there are neither, metrics: a probe from outside does not make a service ours."""
    told = [clue for clue in clues if clue.channel == "seen"]
    inner = [clue for clue in told if clue.says.endswith(("logs", "spans"))]
    return {name for clue in inner or told for name in clue.detail.split("\n") if name}
