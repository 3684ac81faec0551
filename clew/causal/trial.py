"""Which causal tests does each candidate pass, and what does that make of it."""

from collections.abc import Sequence
from dataclasses import replace

from clew.causal.blame import depths
from clew.causal.confounding import Third, moved_by, responds
from clew.causal.court import Court, Witness
from clew.causal.departure import departure
from clew.causal.examination import content, disappearance, doses, order, path, placebo
from clew.causal.experiment import experiment_trials, experiments
from clew.causal.label import UNKNOWN, Facts, labelled
from clew.causal.moment import Moment
from clew.causal.ranking import Draft, Ranking
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
    (
        "new errors",
        "edge",
        "failed spans",
        "lost calls",
        "stopped calls",
        "external",
        "change",
        "traffic",
        "status feed",
    )
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
    drafts: list[Draft] = []
    for draft in ranking.drafts[:_MOST]:
        drafts.append(_tried(court, draft))
        if court.leader is not None and draft.key == court.leader.key and drafts[-1].label in _NO_CAUSE:
            court = replace(court, leader=_first(ranking.drafts[len(drafts) :]))
    return ranking.model_copy(update={"drafts": (*drafts, *ranking.drafts[_MOST:])})


def _first(drafts: Sequence[Draft]) -> Draft | None:
    """The first that is open."""
    return next((d for d in drafts if d.confidence is not Confidence.RULED_OUT), None)


def _court(ranking: Ranking, scene: Scene) -> Court:
    seen = noticed(scene)
    moved = departure(seen, scene.moment) if seen is not None else None
    felt = moved.began if moved is not None else scene.moment.onset
    leader = _first(ranking.drafts)
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
    found = responds(court, witness, ())
    third = moved_by(court, witness, found)
    trials = (
        order(court, witness),
        path(court, draft),
        doses(court, witness, found) if third is None else third.trial,
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


def _facts(court: Court, witness: Witness, trials: Sequence[Trial], third: Third | None) -> Facts:
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
        third=third.role if third is not None else None,
    )


def _own(draft: Draft) -> bool:
    left = sum(term.value for term in draft.why if term.name == "call graph")
    return left >= _OWN or any(c.amount >= _OWN and (own(c) or c.channel in _OWN_CHANNELS) for c in draft.support)
