"""Which cause comes first: clues in, a ranking out."""

from collections import Counter
from collections.abc import Sequence

from clew.causal.blame import depths
from clew.causal.change import change_clues
from clew.causal.confidence import kinds, word
from clew.causal.dismissal import dismissed
from clew.causal.draft import Case, blamed_change, outside, service_draft
from clew.causal.external import external_clues
from clew.causal.flow import flow_clues
from clew.causal.headline import headline
from clew.causal.healthy import healthy
from clew.causal.nochange import none_clue
from clew.causal.odds import weighted
from clew.causal.priors import Priors
from clew.causal.ranking import Draft, Ranking
from clew.causal.remedy import watched
from clew.causal.rival import settled
from clew.causal.tested import proven, tested
from clew.causal.traffic import surge
from clew.causal.weigh import weigh
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Term, Verdict
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

_OPEN = 4
_AS_MUCH = 0.5
"""A second cause weighs at least this part of the first."""
_NOTICED = 0.1
"""A signal that moved less than this did not move."""


def rank(
    clues: Sequence[Clue],
    graph: CallGraph,
    priors: Priors,
    *,
    symptom: Symptom,
    onset: float | None,
    changes: Sequence[Change],
) -> Ranking:
    """Ranks services, changes and whole explanations; deterministic and independent of the order of `clues` and `changes`.

    A weight is a sum of named terms (channel by channel, then timing, path and prior), compared with the standing candidate
    `none of these`. A change is blamed together with the service that it touches. Nothing here raises on empty input: no clues give
    `not found`.
    """
    case = case_of(clues, graph, priors, symptom=symptom, onset=onset, changes=changes)
    clues, weighed, fits = case.clues, case.weighed, case.fits
    degree = Counter(name for edge in graph.edges for name in edge)
    # where nothing tells two apart, the one with more calls has more that can break
    order = tuple(sorted(weighed.sums, key=lambda name: (-weighed.sums[name], -degree[name], name)))
    listed = sorted([*fits, *((case.none,) if changes else ())], key=lambda c: (-c.amount, c.change or ""))
    well, quiet = healthy(clues, symptom)
    drafts = (_all_well(quiet, watched(clues, symptom)),) if well else _drafts(case, order, case.beyond)
    verdict = Verdict.HEALTHY if well else _verdict(case, drafts)
    return Ranking(
        verdict=verdict,
        headline=headline(case.clues, symptom, quiet if well else ()),
        onset=None if well else onset,
        services=order,
        changes=("none",) if well and changes else tuple(c.change for c in listed if c.change),
        drafts=drafts,
        healthy=well,
        enough=well or any(d.confidence in (Confidence.LIKELY, Confidence.CONFIRMED) for d in drafts),
    )


def case_of(
    clues: Sequence[Clue],
    graph: CallGraph,
    priors: Priors,
    *,
    symptom: Symptom,
    onset: float | None,
    changes: Sequence[Change],
) -> Case:
    """What a ranking is made from, in an order that does not depend on the input's: sums per service, fits per change, `none`."""
    clues = sorted(clues, key=lambda c: (c.channel, c.service or "", -c.amount, c.says, c.onset or 0.0, c.detail))
    changes = sorted(changes, key=lambda c: (c.at, c.ref))
    beyond = external_clues(clues, graph)
    clues = [*clues, *flow_clues(clues, graph)]
    weighed = weigh((*clues, *beyond), graph, priors, symptom=symptom, onset=onset)
    errors = tuple(c.detail for c in clues if c.channel == "new errors" and c.amount > 0)
    usual = frozenset(w for c in clues if c.channel == "vocabulary" for w in c.detail.split())
    fits = tested(change_clues(changes, errors, usual, onset, weighed.sums), clues, changes)
    none = none_clue(clues, graph, beyond)
    return Case(tuple(clues), graph, symptom, onset, weighed, fits, none, tuple(changes), beyond)


def _drafts(case: Case, order: Sequence[str], beyond: Sequence[Clue]) -> tuple[Draft, ...]:
    found = [service_draft(case, name) for name in order[:_OPEN] if case.weighed.sums[name] > 0]
    found = blamed_change(case, found)
    found += outside(case, beyond, surge(case.clues))
    found.sort(key=lambda d: (-d.weight, d.key))
    judged = [_judged(case, draft, found) for draft in found]
    kept = [d for d in judged if d.confidence is not Confidence.NOT_FOUND]
    left = settled(kept, case.graph)
    weak = [d for d in judged if d.confidence is Confidence.NOT_FOUND]
    return weighted((*left.open, *dismissed(case, left.open, left.explained, weak)), case.weighed.sums)


def _judged(case: Case, draft: Draft, others: Sequence[Draft]) -> Draft:
    near = case.related(draft.cause.service)
    rival = max(
        (d.weight for d in others if d.key != draft.key and (d.cause.service not in near or d.cause.service is None)),
        default=0.0,
    )
    starts = [c.onset for c in draft.support if c.onset is not None]
    fits = case.onset is None or not starts or min(starts) <= case.onset + 120.0
    sure = proven(draft.cause.change, case.clues, case.changes)
    confidence = word(draft.support, draft.weight, rival=rival, fits_in_time=fits, proven=sure, felt=_felt(case))
    if draft.cause.kind is CauseKind.SERVICE and confidence is Confidence.LIKELY and _alerts_below(case, draft):
        confidence = Confidence.POSSIBLE
    return draft.model_copy(update={"confidence": confidence})


def _felt(case: Case) -> bool:
    """True if what the alert speaks of was seen to move, at the front door or at the service that it names."""
    symptom = case.symptom
    wanted = {"errors"} if symptom.signal in (Signal.ERRORS, Signal.AVAILABILITY) else {"latency"}
    if symptom.signal in (None, Signal.SATURATION):
        wanted = {"latency", "errors", "resource"}
    if symptom.signal is None and symptom.metric is None:
        return False
    near = ("", symptom.service)
    return any(c.channel in wanted and c.service in near and c.amount > _NOTICED for c in case.clues)


def _alerts_below(case: Case, draft: Draft) -> bool:
    """True if the alert speaks of something that the blamed service calls: then the attempt to break the explanation went well."""
    mine, alerting = draft.cause.service, case.symptom.service
    return bool(mine and alerting and mine != alerting and alerting in depths(case.graph, mine))


def _verdict(case: Case, drafts: Sequence[Draft]) -> Verdict:
    open_ = [d for d in drafts if d.confidence in (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.POSSIBLE)]
    if not open_:
        return Verdict.NOT_FOUND
    near = case.related(open_[0].cause.service)
    apart = [d for d in open_[1:] if d.cause.service is not None and d.cause.service not in near]
    both = _stands(open_[0]) and any(_stands(d) and d.weight >= _AS_MUCH * open_[0].weight for d in apart)
    return Verdict.SEVERAL if both else Verdict.CAUSE


def _stands(draft: Draft) -> bool:
    """True if two kinds of evidence speak for a place: that one is no echo of another."""
    return draft.cause.service is not None and len(kinds(draft.support)) > 1


def _all_well(quiet: Sequence[Clue], seen: str) -> Draft:
    return Draft(
        key="none",
        cause=Cause(kind=CauseKind.NONE),
        title=f"nothing is wrong: {seen} stayed in its usual range"[:80],
        story=" ".join(f"{c.says}." for c in quiet[:2]),
        confidence=Confidence.LIKELY,
        weight=1.0,
        why=tuple(Term(name="quiet", value=1.0 / len(quiet), says=c.says) for c in quiet),
        support=tuple(quiet),
        challenge="Looked for new errors, strained resources, slow or failing calls and a surge; found none.",
        settle=f"Watch {seen} for another 10 minutes: if it stays there, it was this.",
        next_step=f"Compare the alert's threshold with the usual range of {seen}: it may be too tight.",
    )
