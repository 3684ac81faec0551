"""What would the symptom have been without the candidate, and what would it be with a fix for it?"""

from clew.causal.blame import depths
from clew.causal.change import named
from clew.causal.counterfactual import counterfactual
from clew.causal.course import Course, course
from clew.causal.court import Court, Witness
from clew.causal.intervention import held, simulated, undone
from clew.causal.say import spoken
from clew.causal.selftime import phases
from clew.hypothesis import CauseKind, Effect, Label
from clew.tables import CallGraph

_WORTH = frozenset((Label.CAUSE, Label.CONTRIBUTOR))


def effects(court: Court, witness: Witness, label: Label | None) -> tuple[Effect | None, Effect | None]:
    """The symptom without the candidate, and with a fix; (None, None) for what is no cause, or where the symptom was not measured.

    Without a cause that comes first the symptom is what its past and its unaffected peers say; of a contributor only the fix is asked,
    since the rest of the trouble has another source.
    """
    draft, seen = witness.draft, court.symptom
    if label not in _WORTH or court.felt is None:
        return None, None
    line = _course(court, draft.cause.service) if seen is not None and seen.row >= 0 else None
    first = label is Label.CAUSE and court.leader is not None and court.leader.key == draft.key
    what = _what(court, witness)
    effect = counterfactual(line, court.felt, court.over, without=what) if line is not None and first else None
    return effect, _forecast(court, witness, line)


def _course(court: Court, candidate: str | None) -> Course:
    """The symptom with its peers: services that neither call the candidate nor are called by it, as far as the graph says."""
    graph, row = court.scene.tables.graph, court.symptom.row if court.symptom is not None else 0
    upward = CallGraph(tuple((callee, caller) for caller, callee in graph.edges))
    touched = {*depths(graph, candidate), *depths(upward, candidate), *((candidate,) if candidate else ())}
    return course(court.scene.grid, row, frozenset(touched), court.scene.tables.normal_matrix)


def _what(court: Court, witness: Witness) -> str:
    """How the sentence names the candidate: `deploy 4f2c1a9`, `the trouble of cart`."""
    cause = witness.draft.cause
    if cause.kind is CauseKind.CHANGE:
        change = next((c for c in court.scene.tables.changes.changes if c.ref == cause.change), None)
        return named(change.what if change else "change", cause.change or "")
    if cause.kind is CauseKind.TRAFFIC:
        return "the surge of traffic"
    return f"the trouble of {cause.service}" if cause.service else "it"


def _forecast(court: Court, witness: Witness, line: Course | None) -> Effect | None:
    """The strongest fix that can be simulated: the change undone, the request times replayed, or the resource held at its usual level."""
    cause, tables, felt = witness.draft.cause, court.scene.tables, court.felt or 0.0
    if cause.kind is CauseKind.TRAFFIC:
        return None  # what shedding would do is not in the past
    if cause.kind is CauseKind.CHANGE and line is not None:
        return undone(line, felt, court.over, act=f"{_what(court, witness)} is undone")
    if cause.service and any(c.channel == "self time" for c in witness.draft.support) and len(tables.spans):
        now, past = phases(tables.spans, tables.normal_spans, court.scene.moment)
        if len(past):
            return simulated(now, past, cause.service)
    strained = next((s for s in witness.signals if s.row >= 0), None)
    if strained is None or line is None:
        return None
    act = f"{spoken(strained.metric)} of {strained.service or 'the front door'} goes back to its usual level"
    return held(line, court.scene.grid.values[strained.row], felt, court.over, act=act)
