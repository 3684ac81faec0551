"""What do all findings say together: the one caller of the arithmetic, and the page made of its answer."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from agents.citations import checked
from agents.desk import Desk
from agents.gather import EFFECT, Gather
from agents.speech import clock, within
from agents.state import Look, Receipt, State, Topology, Triaged, current
from agents.wording import reworded
from clew.causal.change import named
from clew.causal.draft import Case
from clew.causal.moment import Moment
from clew.causal.priors import Priors
from clew.causal.rank import case_of, rank
from clew.causal.ranking import Draft, Ranking
from clew.causal.timeline import timeline
from clew.causal.unseen import unseen_calls
from clew.evidence import Asked, Call, Change, Note
from clew.hypothesis import Claim, Clue, Confidence, Finding, Gap, Hypothesis, Lead, Report, Timeline, Verdict
from clew.incident import Incident, incident_id
from clew.ports import Telemetry

Answer = TypeVar("Answer")
SUPPORT = 5
AGAINST = 3
RULED_OUT = 6
DIFF = 20_000
MEASURED = frozenset(("resource", "latency", "errors", "requests", "symptom"))
"""Channels whose clues name one series in `detail`."""
OPEN = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.POSSIBLE)


async def weigh(state: State) -> Ranking:
    """Ranks with what is there. Pure arithmetic on clues; no table, no model, no text decides."""
    return await asyncio.to_thread(_asked_of(state, rank))


async def _spread(state: State, ranking: Ranking) -> Timeline | None:
    """The verdict's picture, of what the ranking was made from."""
    alerted_at = state["incident"].alerted_at
    return await asyncio.to_thread(lambda: timeline(ranking, case_of_findings(state), alerted_at))


def case_of_findings(state: State) -> Case:
    """What the ranking was made from."""
    return _asked_of(state, case_of)()


def _asked_of(state: State, arithmetic: Callable[..., Answer]) -> Callable[[], Answer]:
    """The arithmetic with all findings and natural experiments filled in."""
    findings, found, incident = current(state), triaged(state), state["incident"]
    return partial(
        arithmetic,
        (*(clue for finding in findings for clue in finding.clues), *state.get("experiments", ()), *_unseen(state)),
        found.topology.graph,
        Priors(),
        symptom=incident.symptom,
        onset=found.moment.onset,
        changes=tuple(change for finding in findings for change in finding.changes),
    )


def _unseen(state: State) -> tuple[Clue, ...]:
    """One clue for each thing that trouble could hide in: it blames nobody and forbids an all-clear."""
    gaps = dict.fromkeys((*triaged(state).gaps, *(gap for finding in current(state) for gap in finding.gaps)))
    return tuple(Clue(channel="unseen", amount=0.0, says=f"{g.source}: {g.reason}"[:200]) for g in gaps if g.blind)


def triaged(state: State) -> Triaged:
    """What triage found, or what is known without it."""
    found = state.get("triaged")
    if found is not None:
        return found
    incident = state["incident"]
    return Triaged(moment=Moment(window=incident.window, alerted_at=incident.alerted_at), topology=Topology())


async def conclude(state: State, desk: Desk, why: Gap | None = None) -> Report:
    """The page: hypotheses with claims that cite kept evidence. `why` says what cut the investigation short, if anything did."""
    incident, ranking = state["incident"], state.get("ranking") or await weigh(state)
    press = _Press(incident, state, desk)
    drafts = [d for d in ranking.drafts if d.confidence in OPEN][: desk.deps.limits.open_hypotheses]
    drafts += [d for d in ranking.drafts if d.confidence is Confidence.RULED_OUT][:RULED_OUT]
    made = [await press.hypothesis(draft) for draft in drafts]
    report = Report(
        incident=incident.id,
        verdict=ranking.verdict,
        headline=within(ranking.headline or f"{incident.title} (alert at {clock(incident.alerted_at)})", 150),
        onset=ranking.onset,
        hypotheses=tuple(made),
        ranking=ranking.services,
        changes=ranking.changes,
        gaps=_gaps(state, why),
        timeline=await _spread(state, ranking),
        rounds=max(1, state.get("round", 1)),
        seconds=round(max(0.0, desk.deps.clock.now() - state.get("started_at", desk.deps.clock.now())), 3),
        queries=len(state.get("receipts", [])),
    )
    kept = {numbered.fact.id for numbered in await desk.deps.memory.recall(incident.id)}
    return await _worded(checked(report, kept), desk, ranking.services)


def _gaps(state: State, why: Gap | None) -> tuple[Gap, ...]:
    """One line for each thing that could not be judged, the newest word counts."""
    found = current(state)
    told = [*(triaged(state).gaps), *(gap for finding in found for gap in finding.gaps)]
    if all(gap.effect != EFFECT[Telemetry.TOPOLOGY] for gap in told):
        seen = (c.detail.split("\n") for finding in found for c in finding.clues if c.channel == "seen")
        told += unseen_calls((name for names in seen for name in names), triaged(state).topology.graph)
    told = [*told, why] if why else told
    return tuple({(gap.source, gap.effect): gap for gap in told}.values())


async def _worded(report: Report, desk: Desk, services: tuple[str, ...]) -> Report:
    """Stories reworded by a model where one is configured; nothing else of the report is its to touch."""
    mind = desk.deps.mind
    if mind is None or not report.hypotheses:
        return report

    async def told(hypothesis: Hypothesis) -> Hypothesis:
        facts = (hypothesis.title, report.headline, *(claim.text for claim in hypothesis.support))
        story = await reworded(mind, hypothesis.story, facts, services, sentences=2)
        return hypothesis.model_copy(update={"story": story})

    stories = await asyncio.gather(*(told(h) for h in report.open))
    return report.model_copy(update={"hypotheses": (*stories, *report.ruled_out)})


class _Press:
    """Turns drafts into hypotheses: looks up what each clue rests on and keeps the changes that are named."""

    def __init__(self, incident: Incident, state: State, desk: Desk) -> None:
        self.incident = incident
        self.findings: tuple[Finding, ...] = current(state)
        self.receipts: list[Receipt] = state.get("receipts", [])
        self.changes = {c.ref: c for finding in self.findings for c in finding.changes}
        moment = triaged(state).moment
        lead = Lead(id=incident_id(incident.id, "judge"), agent="judge", question="", window=moment.window)
        look = Look(incident=incident, lead=lead, moment=moment)
        self.gather = Gather(desk, look, "judge", frozenset({Telemetry.CHANGES}))

    async def hypothesis(self, draft: Draft) -> Hypothesis:
        support = [*await self._claims(draft.support)]
        named = draft.cause.change
        if named and draft.confidence in OPEN:
            support += await self._change(named)
        return Hypothesis(
            id=incident_id(self.incident.id, draft.key),
            cause=draft.cause,
            title=within(draft.title, 80),
            story=draft.story,
            confidence=draft.confidence,
            weight=draft.weight,
            why=draft.why,
            support=_distinct(support)[:SUPPORT],
            against=_distinct(await self._claims(draft.against))[:AGAINST],
            challenge=draft.challenge,
            settle=draft.settle,
            next_step=draft.next_step,
            ruled_out=draft.ruled_out,
            label=draft.label,
            trials=draft.trials,
            effect=draft.effect,
            forecast=draft.forecast,
            odds=draft.odds,
        )

    async def _claims(self, clues: tuple[Clue, ...]) -> list[Claim]:
        claims: list[Claim] = []
        for clue in clues:
            if clue.evidence is not None:
                claims.append(Claim(text=clue.says, evidence=(clue.evidence,)))
            elif clue.change is not None:
                claims += [Claim(text=clue.says, evidence=c.evidence) for c in await self._change(clue.change)]
            elif clue.channel in MEASURED and clue.detail:
                claims += await self._measured(clue)
        return claims

    async def _measured(self, clue: Clue) -> list[Claim]:
        """A series that ranked and was not among the few that the sweep kept: it can be looked up too."""
        receipt = next((r for r in reversed(self.receipts) if r.method.startswith("matrix") and r.answered), None)
        if receipt is None:
            return []
        asked = Asked(
            source=receipt.source,
            call=Call(method="series", arguments=(("service", clue.service or ""), ("metric", clue.detail))),
            query=receipt.query or f"series {clue.detail} of {clue.service or 'the whole system'}",
            window=receipt.window,
        )
        fact = await self.gather.keep(asked, Note(text=clue.says, service=clue.service), clue.says)
        return [Claim(text=clue.says, evidence=(fact,))]

    async def _change(self, ref: str) -> list[Claim]:
        """The change as a fact of its own; nothing if it was not seen."""
        change = self.changes.get(ref)
        if change is None:
            return []
        read = [r for r in reversed(self.receipts) if r.method == "changes" and r.answered]
        whose = [r for r in read if r.source in change.told_by[:1]]
        receipt = next(iter(whose or read), None)
        asked = Asked(
            source=receipt.source if receipt else "changes",
            call=Call(method="list_changes", arguments=(("service", change.service or ""),)),
            query=(receipt.query if receipt else "") or f"changes of {change.service or 'any service'}",
            window=receipt.window if receipt else self.gather.look.lead.window,
        )
        says = change_says(change)
        return [Claim(text=says, evidence=(await self.gather.keep(asked, change, says),))]


def change_says(change: Change) -> str:
    """`deploy 4f2c1a9 of checkout at 18:34:10 UTC: lower the pool (mia)`."""
    where = f" of {change.service}" if change.service else ""
    title = f": {within(change.title, 90)}" if change.title else ""
    author = f" ({within(change.author, 30)})" if change.author else ""
    return f"{named(change.what, change.ref)}{where} at {clock(change.at)}{title}{author}"


def _distinct(claims: list[Claim]) -> tuple[Claim, ...]:
    """One claim per fact and text, in order."""
    seen: dict[tuple[str, ...], Claim] = {}
    for claim in claims:
        seen.setdefault(claim.evidence, claim)
    return tuple(seen.values())


def enough(ranking: Ranking) -> bool:
    """True if looking further back is unlikely to change the answer."""
    return ranking.enough or ranking.verdict in (Verdict.CAUSE, Verdict.SEVERAL, Verdict.HEALTHY)
