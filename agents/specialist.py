"""What is a specialist: data and a sweep, run by one function that nobody can go around."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.desk import Desk
from agents.dig import dig
from agents.gather import SHOWS_TROUBLE, Gather
from agents.state import Look, Receipt
from clew.evidence import Change
from clew.hypothesis import Clue, Finding, Gap
from clew.ports import Telemetry


@dataclass(frozen=True)
class Swept:
    """What a sweep hands back: one line for the card, clues for the arithmetic, changes for the judge."""

    summary: str
    clues: tuple[Clue, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Specialist:
    """One kind of investigator. Adding one is one file and one line (or an entry point in `clew.specialists`)."""

    name: str
    title: str
    """Its line in the plan."""
    telemetry: frozenset[Telemetry]
    when: str
    """Said in one sentence: what it is good for."""
    question: str
    effect: str
    """What the answer lacks if this specialist fails."""
    sweep: Callable[[Gather], Awaitable[Swept]]


@dataclass(frozen=True)
class Gathered:
    """A finding and the reads that led to it."""

    finding: Finding
    receipts: tuple[Receipt, ...]


async def investigate(specialist: Specialist, look: Look, desk: Desk) -> Gathered:
    """Runs the sweep, then, if a model is configured, lets it ask further. Clues may cite kept evidence only."""
    gather = Gather(desk, look, specialist.name, specialist.telemetry)
    swept = await specialist.sweep(gather)
    kept = set(gather.facts)
    await dig(gather, swept.summary)
    finding = Finding(
        lead=look.lead.id,
        agent=specialist.name,
        summary=swept.summary[:200],
        evidence=tuple(gather.facts[: desk.deps.limits.evidence_per_finding * 2]),
        clues=tuple(c if c.evidence in kept else c.model_copy(update={"evidence": None}) for c in swept.clues),
        changes=swept.changes,
        gaps=tuple(gather.gaps),
        round=look.lead.round,
    )
    return Gathered(finding, tuple(gather.receipts))


def missing(specialist: Specialist, look: Look, reason: str) -> Finding:
    """The finding of a specialist that crashed or never came back: a gap with its effect."""
    blind = bool(specialist.telemetry & SHOWS_TROUBLE)
    gap = Gap(source=specialist.name, reason=reason, effect=specialist.effect, blind=blind)
    return Finding(lead=look.lead.id, agent=specialist.name, summary=reason, gaps=(gap,), round=look.lead.round)
