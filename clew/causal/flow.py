"""Where do requests stop: a service that is still asked, and no longer asks those behind it."""

from collections import defaultdict
from collections.abc import Sequence

from clew.causal.say import several, within
from clew.hypothesis import Clue
from clew.tables import CallGraph

_SILENT = 0.3
"""Below this amount fewer requests are chance."""
_HARDLY = 0.7
"""From this amount on people would say that nobody asks."""


def flow_clues(clues: Sequence[Clue], graph: CallGraph) -> tuple[Clue, ...]:
    """Clues of channel `stopped calls`, strongest first: amount 0..1, for the caller of services that went silent.

    Assumes that what one is asked for is asked on. A silent service is laid to its callers that are not silent themselves, in equal
    parts; silent callees of one caller add up as odds. Without a graph, or where every caller went silent too, nobody is blamed.
    """
    silent = {c.service: c for c in clues if c.channel == "silent" and c.service and c.amount > _SILENT}
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, callee in graph.edges:
        if caller != callee:
            callers[callee].add(caller)
    found: dict[str, list[tuple[float, Clue]]] = defaultdict(list)
    for name, clue in silent.items():
        asked = sorted(caller for caller in callers[name] if caller not in silent)
        for caller in asked:
            found[caller].append((clue.amount / len(asked), clue))
    out: list[Clue] = []
    for caller, parts in found.items():
        parts.sort(key=lambda part: (-part[0], part[1].says))
        odds = sum(share / max(1e-9, 1.0 - share) for share, _ in parts)
        names = [clue.service or "" for _, clue in parts]
        says = within(f"{caller} is still asked but {_less(parts[0][1], names)}: {parts[0][1].says}", 160)
        amount = round(odds / (1.0 + odds), 6)
        first = parts[0][1]
        out.append(
            Clue(
                channel="stopped calls",
                service=caller,
                amount=amount,
                onset=first.onset,
                says=says,
                evidence=first.evidence,
                detail=", ".join(names)[:120],
            )
        )
    return tuple(sorted(out, key=lambda c: (-c.amount, c.service or "")))


def _less(worst: Clue, names: Sequence[str]) -> str:
    """`hardly asks pay any more` or, where some still arrive, `asks pay less than ever before`."""
    asked = several(names, 2)
    return f"hardly asks {asked} any more" if worst.amount >= _HARDLY else f"asks {asked} less than ever before"
