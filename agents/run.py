"""How does one run of the graph reach the card: each update is kept and shown as it arrives."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from agents.board import Board
from agents.checkpoints import thread
from agents.desk import Desk
from agents.gather import EFFECT
from agents.investigation import Graph
from agents.judge import OPEN, conclude
from agents.plan import after_finding, after_triage, ended, so_far
from agents.state import State, joined, latest
from agents.views import card_facts
from clew.causal.ranking import Draft, Ranking
from clew.hypothesis import Finding, Gap, Hypothesis, Report, Verdict
from clew.incident import Incident, incident_id
from clew.progress import Progress, RunState

WAITING = "no answer yet"
THREAD_SECONDS = 6.0
"""How long the verdict waits for the cards in the thread: a chat that holds up one of them does not hold up the answer."""


class Run:
    """One run of one incident; resumes where an earlier one stopped."""

    def __init__(self, graph: Graph, desk: Desk, board: Board, incident: Incident) -> None:
        self._graph = graph
        self._desk = desk
        self._board = board
        self._incident = incident
        self._state: State = {"incident": incident, "started_at": desk.deps.clock.now()}

    async def go(self) -> Report:
        """Runs to the report and shows everything. Ends within `Limits.investigation_seconds`, with what is known by then."""
        seconds = self._desk.deps.limits.investigation_seconds
        try:
            async with asyncio.timeout(seconds), self._noticing():
                await self._stream()
        except TimeoutError:
            cut = Gap(
                source="time",
                reason=f"stopped looking after {seconds:g} s",
                effect="the answer rests on what came in by then",
            )
            # nobody is asked for words any more: the time is up
            hurried = replace(self._desk, deps=replace(self._desk.deps, mind=None))
            self._state["report"] = await conclude(self._state, hurried, cut)
        report = self._state.get("report") or await conclude(self._state, self._desk)
        await self._finish(report)
        return report

    @asynccontextmanager
    async def _noticing(self) -> AsyncGenerator[None]:
        """While open, a source that is slow to answer is a line on the card at once, not only when it is given up."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self) -> None:
        def told(progress: Progress) -> Progress | None:
            gaps = self._gaps(progress.gaps)
            if progress.state is not RunState.INVESTIGATING or gaps == progress.gaps:
                return None
            return progress.model_copy(update={"gaps": gaps})

        while True:
            await self._desk.lateness.wait()
            self._desk.lateness.clear()
            await self._board.revise(self._incident.id, told)

    def _gaps(self, gaps: tuple[Gap, ...], new: tuple[Gap, ...] = ()) -> tuple[Gap, ...]:
        """One line a source: what is known of it counts before the mere wait for it."""
        known = _with(tuple(gap for gap in gaps if gap.reason != WAITING), new)
        late = (Gap(source=s.name, reason=WAITING, effect=EFFECT[s.telemetry]) for s in self._desk.late.values())
        return _with(tuple(late), known)

    async def _stream(self) -> None:
        config = thread(self._incident.id)
        stands = await self._graph.aget_state(config)
        # a step whose tasks all finished but were not joined yet has nothing "next", so the values are asked too
        fresh = None if stands.next or stands.values else self._state
        self._absorb(stands.values)
        if "report" in self._state:
            return
        async for update in self._graph.astream(
            fresh, config, context=self._desk, stream_mode="updates", durability="sync"
        ):
            for step in update.values():
                if step:
                    self._absorb(step)
                    await self._tell(step)

    def _absorb(self, update: dict[str, Any]) -> None:
        """Follows the graph's state from its updates, so that a cut run knows what its finished steps found."""
        held: dict[str, Any] = dict(self._state)
        for channel, value in update.items():
            if channel == "findings":
                held[channel] = latest(held.get(channel, []), value)
            elif channel == "receipts":
                held[channel] = joined(held.get(channel, []), value)
            else:
                held[channel] = value
        self._state.update(held)  # pyright: ignore[reportArgumentType, reportCallIssue]

    async def _tell(self, step: dict[str, Any]) -> None:
        def told(progress: Progress) -> Progress | None:
            if progress.state is not RunState.INVESTIGATING:
                return None
            return self._told(progress, step)

        if {"triaged", "findings", "ranking"} & set(step):
            await self._board.revise(self._incident.id, told)

    def _told(self, progress: Progress, step: dict[str, Any]) -> Progress:
        changes: dict[str, Any] = {}
        steps, gaps = progress.steps, self._gaps(progress.gaps)
        if "triaged" in step:
            steps = after_triage(steps, self._incident, step["triaged"])
            gaps = self._gaps(gaps, step["triaged"].gaps)
            changes["so_far"] = so_far(step["triaged"])
        findings: list[Finding] = step.get("findings", [])
        for finding in findings:
            steps = after_finding(steps, finding)
            gaps = self._gaps(gaps, finding.gaps)
        if "ranking" in step:
            ranking: Ranking = step["ranking"]
            changes["so_far"] = ranking.headline or progress.so_far
            changes["leading"] = self._leading(ranking)
        return progress.model_copy(update={"steps": steps, "gaps": gaps, **changes})

    def _leading(self, ranking: Ranking) -> Hypothesis | None:
        drafts = [d for d in ranking.drafts if d.confidence in OPEN]
        if ranking.verdict not in (Verdict.CAUSE, Verdict.SEVERAL) or not drafts:
            return None
        first: Draft = drafts[0]
        return Hypothesis(
            id=incident_id(self._incident.id, first.key),
            cause=first.cause,
            title=first.title[:80],
            confidence=first.confidence,
            weight=first.weight,
        )

    async def _finish(self, report: Report) -> None:
        """Cards first, the verdict last: when the card says done, everything else stands. But it does not wait long for them."""
        thread = asyncio.create_task(self._board.thread(self._incident, report))
        try:
            await asyncio.wait({thread}, timeout=THREAD_SECONDS)
            if thread.done():
                thread.result()
            await self._verdict(report)
            await thread
        finally:
            thread.cancel()
            await asyncio.gather(thread, return_exceptions=True)

    async def _verdict(self, report: Report) -> None:
        kept = await self._desk.deps.memory.recall(self._incident.id)

        def done(progress: Progress) -> Progress | None:
            if progress.state is not RunState.INVESTIGATING:
                return None
            return progress.model_copy(
                update={
                    "state": RunState.DONE,
                    "report": report,
                    "so_far": report.headline,
                    "leading": report.open[0] if report.open else None,
                    "gaps": report.gaps,
                    "evidence": card_facts(kept, report),
                    "steps": ended(progress.steps),
                }
            )

        await self._board.revise(self._incident.id, done)


def _with(gaps: tuple[Gap, ...], new: tuple[Gap, ...]) -> tuple[Gap, ...]:
    return tuple({(gap.source, gap.effect): gap for gap in (*gaps, *new)}.values())
