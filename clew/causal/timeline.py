"""In which order did the services of the call graph begin to suffer: the data of the verdict's picture."""

from collections.abc import Iterable, Mapping, Sequence

from clew.causal.blame import callees, depths
from clew.causal.change import named
from clew.causal.confidence import KINDS
from clew.causal.draft import Case
from clew.causal.ranking import Draft, Ranking
from clew.causal.say import within
from clew.causal.shift import FRONT
from clew.evidence import Change, Mark
from clew.hypothesis import Began, CauseKind, Clue, Confidence, Hypothesis, Label, Timeline
from clew.tables import CallGraph

ROWS = 12
MARKS = 6
_OTHERS = 8
"""Services without a hypothesis fill the picture up to so many rows."""
_SIGN = 0.15
"""A clue below this agrees with anything: it dates nothing."""
_BESIDE = 0.2
"""A service without a hypothesis is drawn if it is so far off, or from this part of the heaviest weight on."""
_NEAR = 300.0
"""Changes this close before the onset are marked at least, seconds; further back as far as the signs lie apart, threefold."""
_FAR = 1800.0
"""No change is marked that lies further back, seconds: the signs would shrink to a dot; a blamed one may always lie so far back."""
_MUTE = frozenset(("gone", "change", "traffic", "requests"))
"""Channels that tell no first sign: a line that is missing has no time, a change is no trouble, and requests rise and fall."""
_OPEN = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.POSSIBLE)


def timeline(ranking: Ranking, case: Case, alerted_at: float) -> Timeline | None:
    """The picture's data of a ranking and the case that it was made from, or None where fewer than two services have a first sign, or
    nothing is wrong. Deterministic.
    """
    if ranking.healthy:
        return None
    first = first_signs((*case.clues, *case.beyond))
    for name, at in _noticed(case).items():
        first[name] = min(at, first.get(name, at))
    graph = _with_outside(case)
    weights = _weights(ranking, case)
    shown = _shown(ranking, graph, case.symptom.service, {n: _off(n, weights, case) for n in first})
    if sum(name in first for name in shown) < 2:
        return None
    level = levels(graph, case.symptom.service)
    level[FRONT] = min(level.values(), default=0) - 1
    told, dated = _told(ranking.drafts), [first[name] for name in shown if name in first]
    best = next((d for d in ranking.drafts if d.confidence in _OPEN), None)
    rows = [
        Began(
            service=name,
            depth=level.get(name),
            onset=first.get(name),
            amount=round(weights.get(name, 0.0), 6),
            label=told.get(name),
            leading=best is not None and best.cause.service == name,
        )
        for name in shown
    ]
    edges = {(a, b) for a, b in graph.edges if a != b and {a, b} <= set(shown)}
    return Timeline(
        rows=_ordered(rows, edges),
        edges=tuple(sorted(edges)),
        marks=_marks(ranking, case, alerted_at, max(dated) - min(dated)),
        onset=ranking.onset,
        alerted_at=alerted_at,
    )


def first_signs(clues: Iterable[Clue]) -> dict[str, float]:
    """Per service the earliest onset among its series' clues that say something, Unix seconds; among all others where no series does.

    A log line knows its second and a sample its minute: taken together, whoever logs would always seem to be first.
    """
    measured, told = dict[str, float](), dict[str, float]()
    for clue in clues:
        if clue.service and clue.onset is not None and clue.amount >= _SIGN and clue.channel not in _MUTE:
            kind = KINDS.get(clue.channel)
            if kind is not None:
                out = measured if kind == "metric" else told
                out[clue.service] = min(out.get(clue.service, clue.onset), clue.onset)
    return told | measured


def _noticed(case: Case) -> dict[str, float]:
    """When what the alert speaks of began, at its service or at the service level itself: the moment that the headline tells."""
    owner = case.symptom.service or ""
    found = [c.onset for c in case.clues if c.channel == "symptom" and c.service == owner and c.onset is not None]
    return {owner or FRONT: min(found)} if found else {}


def levels(graph: CallGraph, symptom: str | None) -> dict[str, int]:
    """Calls from the symptom's service down to each service, below 0 for those that call it; without a symptom, calls from the
    services that nobody calls. A service that no path joins is absent.
    """
    if symptom:
        up = CallGraph(tuple((callee, caller) for caller, callee in graph.edges))
        return {**{name: -depth for name, depth in depths(up, symptom).items()}, **depths(graph, symptom)}
    called = {callee for caller, callee in graph.edges if caller != callee}
    out: dict[str, int] = {}
    for root in sorted({caller for caller, _ in graph.edges} - called):
        for name, depth in depths(graph, root).items():
            out[name] = min(depth, out.get(name, depth))
    return out


def _with_outside(case: Case) -> CallGraph:
    """The graph with an edge from whoever reports an outside name to that name."""
    outside = tuple((c.detail, c.service) for c in case.beyond if c.detail and c.service)
    return CallGraph(tuple(dict.fromkeys((*case.graph.edges, *outside))))


def _weights(ranking: Ranking, case: Case) -> dict[str, float]:
    """Each service's weight as a part of the heaviest."""
    sums = dict(case.weighed.sums)
    for draft in ranking.drafts:
        if draft.cause.service:
            sums[draft.cause.service] = max(sums.get(draft.cause.service, 0.0), draft.weight)
    top = max(sums.values(), default=0.0)
    return {name: weight / top for name, weight in sums.items()} if top > 0 else {}


def _off(name: str, weights: Mapping[str, float], case: Case) -> float:
    """How far off a service is, whoever made it so: one that suffers weighs little and belongs on the picture."""
    return 1.0 if name == FRONT else max(weights.get(name, 0.0), case.weighed.raw.get(name, 0.0))


def _shown(ranking: Ranking, graph: CallGraph, symptom: str | None, dated: Mapping[str, float]) -> tuple[str, ...]:
    """Who is drawn: those with a hypothesis, the symptom's service, the way between them, then the others furthest off."""
    named_ = [d.cause.service for d in ranking.drafts if d.cause.service]
    chosen = list(dict.fromkeys((*named_[:3], *((symptom,) if symptom else ()), *named_[3:])))
    for name in named_[:3]:
        chosen += _way(graph, symptom, name)
    chosen = list(dict.fromkeys(chosen))[:ROWS]
    others = sorted((n for n in dated if n not in chosen and dated[n] >= _BESIDE), key=lambda n: (-dated[n], n))
    return (*chosen, *others[: max(0, _OTHERS - len(chosen))])


def _way(graph: CallGraph, start: str | None, end: str) -> list[str]:
    """The services on a shortest chain of calls from `start` to `end`, both left out; empty if there is none."""
    depth = depths(graph, start)
    if end not in depth:
        return []
    up: dict[str, list[str]] = {}
    for caller, below in callees(graph).items():
        for callee in below:
            up.setdefault(callee, []).append(caller)
    way, here = list[str](), end
    while depth[here] > 1:
        here = min(name for name in up[here] if depth.get(name) == depth[here] - 1)
        way.append(here)
    return way


def _ordered(rows: Sequence[Began], edges: set[tuple[str, str]]) -> tuple[Began, ...]:
    """Callers above what they call, else by depth and first sign; in a cycle the one nearest to the symptom goes first."""

    def early(row: Began) -> tuple[bool, int, bool, float, str]:
        return (row.depth is None, row.depth or 0, row.onset is None, row.onset or 0.0, row.service)

    left, out = sorted(rows, key=early), list[Began]()
    while left:
        waiting = {r.service for r in left}
        free = (r for r in left if not any(callee == r.service and caller in waiting for caller, callee in edges))
        out.append(next(free, left[0]))
        left.remove(out[-1])
    return tuple(out)


def relabelled(timeline: Timeline, hypotheses: Sequence[Hypothesis]) -> Timeline:
    """The same times with what the hypotheses, best first, say now: after an objection a service may be something else."""
    told = _told(hypotheses)
    best = next((h.cause.service for h in hypotheses if h.confidence in _OPEN), None)
    rows = tuple(
        row.model_copy(update={"label": told.get(row.service), "leading": best is not None and row.service == best})
        for row in timeline.rows
    )
    return timeline.model_copy(update={"rows": rows})


def _told(found: Sequence[Draft] | Sequence[Hypothesis]) -> dict[str, Label]:
    """What each service is; of several hypotheses about one the heavier says it. A change that was ruled out says nothing of its place."""
    out: dict[str, Label] = {}
    for told in found:
        if told.cause.kind is CauseKind.CHANGE and told.confidence not in _OPEN:
            continue
        if told.cause.service and told.label is not None:
            out.setdefault(told.cause.service, told.label)
    return out


def _marks(ranking: Ranking, case: Case, alerted_at: float, apart: float) -> tuple[Mark, ...]:
    """What went live near by, the blamed changes first; `apart` is how far the signs lie apart, seconds."""
    blamed = {d.cause.change for d in ranking.drafts if d.confidence in _OPEN and d.cause.kind is CauseKind.CHANGE}
    onset = alerted_at if ranking.onset is None else ranking.onset
    live = {c.commit for c in case.changes if c.commit}
    found: list[tuple[bool, float, Change]] = []
    for change in case.changes:
        mine = bool({change.ref, change.commit} & blamed)
        if change.what == "commit" and (not mine or change.ref in live):
            continue  # a commit alone alters nothing: its deploy does
        if onset - (_FAR if mine else min(_FAR, max(_NEAR, 3 * apart))) <= change.at <= max(onset, alerted_at) + 600.0:
            found.append((not mine, abs(change.at - onset), change))
    found.sort(key=lambda item: (*item[:2], item[2].ref))
    kept = sorted((item[2] for item in found[:MARKS]), key=lambda c: (c.at, c.ref))
    return tuple(Mark(at=c.at, label=_label(c)) for c in kept)


def _label(change: Change) -> str:
    return within(" ".join((named(change.what, change.commit or change.ref), change.service or "")).strip(), 40)
