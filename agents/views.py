"""What do people see of a hypothesis: cards made of a report and of what is kept."""

from collections.abc import Iterable

from agents.citations import lower
from clew.evidence import Series
from clew.hypothesis import Claim, Confidence, Hypothesis, Report
from clew.incident import Incident
from clew.memory import Memory
from clew.progress import HypothesisView, Numbered, RuledOutView

CARD = 6


def cites(claims: Iterable[Claim]) -> tuple[str, ...]:
    """The ids that claims rest on, each once, in order."""
    return tuple(dict.fromkeys(fact for claim in claims for fact in claim.evidence))


def chosen(kept: tuple[Numbered, ...], ids: Iterable[str]) -> tuple[Numbered, ...]:
    """The numbered facts of `ids`, in that order; an id that is not kept is left out."""
    by_id = {numbered.fact.id: numbered for numbered in kept}
    return tuple(by_id[i] for i in dict.fromkeys(ids) if i in by_id)


async def hypothesis_view(
    memory: Memory, incident: Incident, hypothesis: Hypothesis, rechecking: bool
) -> HypothesisView:
    """The card of one hypothesis as it stands. While it is rechecked its word is one lower."""
    kept = await memory.recall(incident.id)
    facts = chosen(kept, cites((*hypothesis.support, *hypothesis.against)))
    if rechecking:
        hypothesis = hypothesis.model_copy(update={"confidence": lower(hypothesis.confidence, Confidence.POSSIBLE)})
    return HypothesisView(
        incident=incident,
        number=await memory.number(incident.id, hypothesis.id),
        hypothesis=hypothesis,
        evidence=facts,
        chart=next((n for n in facts if isinstance(n.fact.payload, Series)), None),
        ballot=await memory.ballot(hypothesis.id),
        rechecking=rechecking,
    )


async def ruled_out_view(memory: Memory, incident: Incident, report: Report) -> RuledOutView | None:
    """What was ruled out, with reasons; None if nothing was."""
    if not report.ruled_out:
        return None
    kept = await memory.recall(incident.id)
    ids = cites(claim for h in report.ruled_out for claim in (*h.against, *h.support))
    return RuledOutView(incident=incident, hypotheses=report.ruled_out, evidence=chosen(kept, ids))


def card_facts(kept: tuple[Numbered, ...], report: Report) -> tuple[Numbered, ...]:
    """The facts that the leading hypothesis rests on."""
    leading = report.open[:1]
    return chosen(kept, cites(claim for h in leading for claim in h.support))[:CARD]
