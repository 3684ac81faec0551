"""How does a fact get in: the one wrapper that every read and every piece of evidence goes through."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from agents.desk import Desk, question
from agents.state import Look, Receipt
from clew.errors import SourceError
from clew.evidence import Asked, Call, Change, Evidence, Lines, Note, Series, Standing, evidence
from clew.hypothesis import Clue, Gap
from clew.ports import Source, Telemetry

Value = TypeVar("Value")
Kind = TypeVar("Kind")

EFFECT = {
    Telemetry.METRICS: "levels and the moment of the change are not known from metrics",
    Telemetry.LOGS: "new error messages could not be looked for",
    Telemetry.TRACES: "time spent inside each service could not be compared",
    Telemetry.CHANGES: "no deploy or change can be named or cleared",
    Telemetry.TOPOLOGY: "who calls whom is not known, so callers may look guilty",
}


SHOWS_TROUBLE = frozenset({Telemetry.METRICS, Telemetry.LOGS, Telemetry.TRACES})
"""Telemetry in which trouble shows itself: while it is missing or partial nothing is called healthy."""


@dataclass(eq=False)
class Gather:
    """One specialist's hands for one look. Reads are bounded and become receipts; failures become gaps; facts get numbers."""

    desk: Desk
    look: Look
    agent: str
    telemetry: frozenset[Telemetry]
    facts: list[str] = field(default_factory=list[str])
    gaps: list[Gap] = field(default_factory=list[Gap])
    receipts: list[Receipt] = field(default_factory=list[Receipt])

    def sources(self, kind: type[Kind], telemetry: Telemetry) -> tuple[Kind, ...]:
        """The sources of one kind that this specialist may use; says so if there is none."""
        found = tuple(
            s
            for s in self.desk.deps.sources
            if s.telemetry is telemetry and telemetry in self.telemetry and isinstance(s, kind)
        )
        if not found and telemetry not in (Telemetry.TRACES, Telemetry.TOPOLOGY):
            self.gap(telemetry.value, "no source of this kind is connected", EFFECT[telemetry])
        return found

    def gap(self, source: str, reason: str, effect: str, *, blind: bool = False) -> None:
        told = Gap(source=source, reason=reason[:200], effect=effect, blind=blind)
        if told not in self.gaps:
            self.gaps.append(told)

    def unjudged(self, gaps: Iterable[Gap]) -> None:
        """What the tables themselves could not say."""
        for gap in gaps:
            self.gap(gap.source, gap.reason, gap.effect)

    async def bulk(
        self, source: Source, method: str, era: str, ask: Callable[[], Awaitable[Value]], seconds: float | None = None
    ) -> Value | None:
        """One table for the look's window, or None and a gap. Asked once per run whoever asks; `seconds` as in `Desk.read`."""
        window = self.look.lead.window
        reading = await self.desk.read(source, question(method, era, window), ask, seconds)
        query = str(getattr(reading.value, "query", ""))
        self.receipts.append(
            Receipt(
                agent=self.agent,
                source=source.name,
                method=f"{method} ({era})" if era else method,
                query=query,
                window=window,
                answered=reading.error is None,
                seconds=round(reading.seconds, 3),
            )
        )
        if reading.error is not None:
            await self._failed(source, method, reading.error)
        if partial := str(getattr(reading.value, "partial", "")):
            told = "what was read counts; the rest may have told more"
            self.gap(source.name, partial, told, blind=source.telemetry in SHOWS_TROUBLE)
        if reading.left_out:
            self.gap(
                source.telemetry.value, reading.left_out, "the rest was read; what was left out may have told more"
            )
        return reading.value

    def further(self) -> "Gather":
        """The same hands (facts, gaps and receipts are shared) for changes, which may sleep for hours: a look that reaches further back."""
        lead, seconds = self.look.lead, self.desk.deps.limits.changes_lookback_seconds
        start = min(lead.window.start, self.look.incident.alerted_at - seconds)
        window = lead.window.model_copy(update={"start": start})
        return replace(self, look=self.look.model_copy(update={"lead": lead.model_copy(update={"window": window})}))

    async def query(
        self, source: Source, method: str, ask: Callable[[], Awaitable[tuple[Evidence, ...]]]
    ) -> tuple[Evidence, ...]:
        """Evidence from one `@query` call, kept; empty and a gap if it failed."""
        key = (method, self.look.lead.id, str(len(self.receipts)))
        reading = await self.desk.read(source, key, ask)
        facts = (reading.value or ())[: self.desk.deps.limits.evidence_per_finding]
        self.receipts.append(
            Receipt(
                agent=self.agent,
                source=source.name,
                method=method,
                query=facts[0].query if facts else "",
                window=self.look.lead.window,
                answered=reading.error is None,
                seconds=round(reading.seconds, 3),
            )
        )
        if reading.error is not None:
            await self._failed(source, method, reading.error)
        for fact in facts:
            await self._kept(fact)
        return facts

    async def keep(
        self, asked: Asked, payload: Series | Lines | Change | Note, says: str, standing: Standing = Standing.SEEN
    ) -> str:
        """Makes a fact of a payload and keeps it. Returns its id, which a clue may then cite."""
        source = next((s for s in self.desk.deps.sources if s.name == asked.source), None)
        link = source.link(asked, payload) if source is not None else None
        made = evidence(asked, payload, says, taken_at=self.desk.deps.clock.now(), standing=standing, link=link)
        return await self._kept(made)

    def cited(self, clue: Clue, fact: str) -> Clue:
        return clue.model_copy(update={"evidence": fact})

    async def _kept(self, fact: Evidence) -> str:
        await self.desk.deps.memory.keep(self.look.incident.id, fact)
        if fact.id not in self.facts:
            self.facts.append(fact.id)
        return fact.id

    async def _failed(self, source: Source, method: str, error: SourceError) -> None:
        """A failed query is evidence too: of a gap."""
        self.gap(source.name, str(error), EFFECT[source.telemetry], blind=source.telemetry in SHOWS_TROUBLE)
        asked = Asked(source=source.name, call=Call(method=method), query="", window=self.look.lead.window)
        await self.desk.deps.memory.keep(
            self.look.incident.id,
            evidence(
                asked,
                Note(text=f"{source.name} gave no answer: {str(error)[:200]}"),
                f"{source.name} gave no answer",
                taken_at=self.desk.deps.clock.now(),
                standing=Standing.UNAVAILABLE,
            ),
        )
