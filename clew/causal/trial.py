"""Which causal tests does each candidate pass, and what does that make of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clew.causal.blame import depths
from clew.causal.court import Court, Witness
from clew.causal.departure import departure
from clew.causal.examination import content, disappearance, doses, order, path, placebo
from clew.causal.experiment import experiment_trials, experiments
from clew.causal.label import FAILED, UNKNOWN, Facts, labelled
from clew.causal.moment import Moment
from clew.causal.ranking import Draft, Ranking
from clew.causal.response import Response, response
from clew.causal.rival import own
from clew.causal.scene import Scene, Signal, machines, narrowed, traffic
from clew.causal.signal import noticed, signals, worst
from clew.causal.whatif import effects
from clew.hypothesis import CauseKind, Confidence, Label, Outcome, Trial
from clew.incident import Symptom
from clew.tables import Tables

_OWN = 0.35
"""From here a clue is trouble of a service's own."""
_MOST = 12
"""Candidates tried."""
_OTHERS = 200
"""Rows of other services that placebos may use."""
_OWN_CHANNELS = frozenset(
    ("new errors", "edge", "failed spans", "lost calls", "external", "change", "traffic", "status feed")
)
_NO_CAUSE = frozenset((Label.SYMPTOM, Label.COINCIDENCE, Label.CONFOUNDER))


def tried(ranking: Ranking, tables: Tables, moment: Moment, symptom: Symptom) -> Ranking:
    """The ranking with each candidate's label, its tests in plain words, and what the symptom would be without it.

    Pure and deterministic. Labels explain and never reorder; but a candidate whose tests make it a symptom, a confounder or a
    coincidence is at most Possible. A table that is missing makes tests that need it say `can't tell`.
    """
    if ranking.healthy or not ranking.drafts:
        return ranking
    services = frozenset(
        name
        for d in ranking.drafts
        for name in (d.cause.service, *(c.service for c in (*d.support, *d.against)))
        if name
    )
    near = services | ({symptom.service} if symptom.service else set())
    held = replace(tables, matrix=narrowed(tables.matrix, near, _OTHERS))
    court = _court(ranking, Scene.of(held, moment, symptom))
    drafts = tuple(_tried(court, draft) for draft in ranking.drafts[:_MOST])
    return ranking.model_copy(update={"drafts": (*drafts, *ranking.drafts[_MOST:])})


def _court(ranking: Ranking, scene: Scene) -> Court:
    seen = noticed(scene)
    moved = departure(seen, scene.moment) if seen is not None else None
    felt = moved.began if moved is not None else scene.moment.onset
    leader = next((d for d in ranking.drafts if d.confidence is not Confidence.RULED_OUT), None)
    thirds: list[Signal] = []
    for signal in (traffic(scene), *machines(scene)):
        went = departure(signal, scene.moment) if signal is not None else None
        if signal is not None and went is not None and felt is not None and went.began <= felt + signal.step:
            thirds.append(signal)
    over = moved.ended if moved else None
    tables = scene.tables
    tested = experiments(tables.matrix, tables.changes.changes, scene.moment.onset, scene.symptom)
    return Court(scene, seen, felt, over, leader, tuple(thirds), tested)


def _tried(court: Court, draft: Draft) -> Draft:
    if draft.cause.kind is CauseKind.NONE or (draft.cause.kind is CauseKind.TRAFFIC and not draft.support):
        return draft
    witness = _witness(court, draft)
    found = _responds(court, witness, ())
    third, told = _third(court, witness, found)
    trials = (
        order(court, witness),
        path(court, draft),
        told or doses(court, witness, found),
        disappearance(court, witness),
        placebo(court, witness),
        *content(draft),
        *experiment_trials(draft, court.experiments),
    )
    label = labelled(_facts(court, witness, trials, third))
    word = draft.confidence
    if label in _NO_CAUSE and word is Confidence.LIKELY:
        word = Confidence.POSSIBLE
    effect, forecast = effects(court, witness, label)
    update = {"label": label, "trials": trials, "confidence": word, "effect": effect, "forecast": forecast}
    return draft.model_copy(update=update)


def _witness(court: Court, draft: Draft) -> Witness:
    clues = (*draft.support, *draft.against)
    found = signals(court.scene, clues, court.symptom)
    if not found and draft.cause.kind is CauseKind.CHANGE and draft.cause.service:
        found = worst(court.scene, draft.cause.service, court.symptom)
    went = ((signal, departure(signal, court.scene.moment)) for signal in found)
    return Witness(draft, found, tuple((signal, course) for signal, course in went if course is not None))


def _responds(court: Court, witness: Witness, third: Sequence[Signal]) -> Response | None:
    if court.symptom is None:
        return None
    mine = [s for s in witness.signals if all(s.metric != t.metric or s.service != t.service for t in third)]
    return response(mine, court.symptom, third, court.scene.moment.start)


def _third(court: Court, witness: Witness, plain: Response | None) -> tuple["_Third | None", Trial | None]:
    """Something else that moved both: the response vanishes when it is held, and its own stays when the suspect is held."""
    if plain is None or not plain.firm or court.symptom is None or witness.draft.cause.kind is CauseKind.TRAFFIC:
        return None, None
    began = witness.began
    for signal, who in _others(court, witness):
        went = departure(signal, court.scene.moment)
        if went is None or (began is not None and went.began > began + signal.step):
            continue
        left = _responds(court, witness, (signal,))
        its = response((signal,), court.symptom, witness.signals[:1], court.scene.moment.start)
        if left is not None and its is not None and not left.firm and left.rho < 0.5 * plain.rho and its.firm:
            says = f"follows the symptom only as {signal.name} does: {plain.rho:.2f} alone, {left.rho:.2f} with it held"
            return _Third(signal.name, who), Trial(name="dose-response", outcome=FAILED, says=says)
    return None, None


@dataclass(frozen=True, slots=True)
class _Third:
    name: str
    depended: bool
    """The suspect depends on it through calls."""


def _others(court: Court, witness: Witness) -> list[tuple[Signal, bool]]:
    """Traffic, machines, and the leading candidate unless it lies between the suspect and the symptom; with: does the suspect call it?"""
    out = [(signal, False) for signal in court.thirds]
    leader, mine = court.leader, witness.draft.cause.service
    if leader is None or leader.key == witness.draft.key or leader.cause.service in (None, mine):
        return out
    graph = court.scene.tables.graph
    if mine and mine in depths(graph, leader.cause.service):
        return out  # the leader calls the suspect: it passes the suspect's trouble on
    found = signals(court.scene, leader.support, court.symptom, most=1)
    calls = bool(mine and leader.cause.service in depths(graph, mine))
    return [*out, *((signal, calls) for signal in found)]


def _facts(court: Court, witness: Witness, trials: Sequence[Trial], third: _Third | None) -> Facts:
    draft, leader, graph = witness.draft, court.leader, court.scene.tables.graph
    outcome: dict[str, Outcome] = {trial.name: trial.outcome for trial in trials}
    mine = draft.cause.service
    at = leader.cause.service if leader is not None and leader.key != draft.key else None
    below = bool(at and mine and at != mine and at in depths(graph, mine))
    above = bool(at and mine and (at == mine or mine in depths(graph, at)))
    return Facts(
        kind=draft.cause.kind,
        order=outcome.get("onset order", UNKNOWN),
        path=outcome.get("path", UNKNOWN),
        dose=outcome.get("dose-response", UNKNOWN),
        gone=outcome.get("disappearance", UNKNOWN),
        placebo=outcome.get("placebo", UNKNOWN),
        content=outcome.get("content", UNKNOWN),
        experiment=outcome.get("natural experiment", UNKNOWN),
        own=_own(draft),
        out=draft.confidence is Confidence.RULED_OUT,
        leads=leader is not None and leader.key == draft.key,
        below=below,
        joined=below or above,
        third=third is not None and not third.depended,
        through=third is not None and third.depended,
    )


def _own(draft: Draft) -> bool:
    left = sum(term.value for term in draft.why if term.name == "call graph")
    return left >= _OWN or any(c.amount >= _OWN and (own(c) or c.channel in _OWN_CHANNELS) for c in draft.support)
