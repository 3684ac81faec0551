"""Which verbs does a chat platform have, and who watches over the runs they start?"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import structlog
from langgraph.checkpoint.base import BaseCheckpointSaver

from agents import specialists
from agents.alerts import rolled
from agents.answers import answer
from agents.board import Board
from agents.calls import calls_of
from agents.desk import Desk
from agents.investigation import investigation
from agents.plan import ended, paused, plan
from agents.recheck import asked, recheck
from agents.run import Run
from agents.speech import within
from agents.views import hypothesis_view
from agents.watch import Watch, health_of
from clew.alert import Roll
from clew.deps import Deps
from clew.errors import ClewError, Refused, StoreError
from clew.feedback import Vote
from clew.hypothesis import Gap, Hypothesis, Report, Verdict
from clew.incident import Incident
from clew.ports import Health, Jobs, Platform
from clew.progress import Answer, HypothesisView, Numbered, Progress, RunState
from clew.question import Question
from clew.tables import CallGraph

RUNNING = (RunState.INVESTIGATING, RunState.RECHECKING)
RECENT = 20
PAUSES = (1.0, 2.0, 5.0, *(10.0,) * 400)
"""Seconds between attempts while the store cannot answer: over an hour of them, for its card must not stand still for less."""
ENDING = 2.0
"""Seconds within which a stopped run must be gone."""


class GraphCopilot:
    """`clew.ports.Copilot` over the investigation graph. `owner` names this process in leases; `jobs` calls `run`."""

    def __init__(
        self, deps: Deps, platforms: Mapping[str, Platform], jobs: Jobs, saver: BaseCheckpointSaver[Any], owner: str
    ) -> None:
        self._deps = deps
        self._jobs = jobs
        self._owner = owner
        self._specialists = specialists()
        self._graph = investigation(self._specialists, deps.limits, saver)
        self._fleeting = investigation(self._specialists, deps.limits, None)
        self._board = Board(deps, platforms)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger("clew.copilot")

    # investigations

    async def open(self, incident: Incident) -> bool:
        fresh = await self._deps.memory.open_incident(incident)
        if not fresh:
            incident = await self._deps.memory.incident(incident.id) or incident
        await self._board.begin(self._first(incident))
        if fresh:
            await self._jobs.submit(incident.id)
        return fresh

    def _first(self, incident: Incident) -> Progress:
        return Progress(
            incident=incident,
            revision=1,
            state=RunState.INVESTIGATING,
            steps=plan(self._specialists),
            so_far="Looking at: what changed, who is affected, since when.",
            updated_at=self._deps.clock.now(),
            run=hashlib.blake2s(f"{incident.id}/{incident.opened_at!r}".encode(), digest_size=2).hexdigest(),
        )

    async def run(self, incident_id: str) -> None:
        """What a job runs: takes an investigation up where it stands and brings it to its end. Safe to call twice, anywhere.

        Cancelled, it leaves the investigation open for `recover`.
        """
        if incident_id in self._running:
            return
        task = asyncio.ensure_future(self._supervised(incident_id))
        self._running[incident_id] = task
        try:
            await asyncio.wait({task})
        finally:
            self._running.pop(incident_id, None)
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=ENDING)

    async def recover(self) -> int:
        """After a start: submits every investigation that is still open. Returns how many."""
        unfinished = await self._deps.memory.unfinished()
        for incident in unfinished:
            if await self._deps.memory.progress(incident.id) is None:
                await self._board.begin(self._first(incident))
            await self._jobs.submit(incident.id)
        for progress in await self._deps.memory.recent(RECENT):
            # kept but perhaps never shown: showing the same again changes nothing
            if progress.state not in RUNNING:
                await self._board.show(progress.incident, progress)
            if progress.state in (RunState.DONE, RunState.RESOLVED) and progress.report is not None:
                await self._board.thread(progress.incident, progress.report)
        return len(unfinished)

    async def _supervised(self, incident_id: str) -> None:
        """The one place below the chat that catches everything: a run may fail, its card may not hang."""
        try:
            for pause in PAUSES:
                if await self._attempted(incident_id):
                    return
                await self._deps.clock.sleep(pause)
            await self._attempted(incident_id)
        except Exception as error:  # noqa: BLE001 the supervisor: a run may fail, its card may not hang
            self._log.exception("run failed", incident=incident_id)
            await self._failed(incident_id, type(error).__name__)

    async def _attempted(self, incident_id: str) -> bool:
        """False if the store failed: what was kept stands, and the next attempt goes on from there."""
        try:
            async with Watch.over(self._deps, self._owner, incident_id) as watch:
                if watch is not None:
                    await watch.keep(self._work(incident_id))
        except StoreError as error:
            self._log.warning("the store failed during a run", incident=incident_id, error=str(error))
            return False
        return True

    async def _work(self, incident_id: str) -> None:
        while (progress := await self._deps.memory.progress(incident_id)) is not None and progress.state in RUNNING:
            desk = Desk.of(self._deps.within(progress.incident.scope))
            try:
                if progress.state is RunState.INVESTIGATING:
                    await Run(self._graph, desk, self._board, progress.incident).go()
                else:
                    async with asyncio.timeout(self._deps.limits.investigation_seconds):
                        await recheck(self._fleeting, desk, self._board, progress)
            finally:
                await desk.close()

    async def _failed(self, incident_id: str, kind: str) -> None:
        """Ends the card in one plain sentence, keeping every finding."""
        gap = Gap(source="Clew", reason=f"the run broke off ({kind})", effect="what was found until then is kept")

        def broken(progress: Progress) -> Progress | None:
            if progress.state not in RUNNING:
                return None
            report = progress.report or Report(
                incident=incident_id,
                verdict=Verdict.NOT_FOUND,
                headline=progress.so_far[:150],
                gaps=(*progress.gaps, gap),
            )
            return progress.model_copy(
                update={
                    "state": RunState.DONE,
                    "steps": ended(progress.steps),
                    "gaps": (*progress.gaps, gap),
                    "report": report,
                }
            )

        try:
            ended_ = await self._board.revise(incident_id, broken)
            if ended_ is not None and ended_.report is not None:
                await self._board.thread(ended_.incident, ended_.report)
        except ClewError as error:
            self._log.warning("could not say that a run failed", incident=incident_id, error=str(error))

    async def stop(self, incident_id: str, by: str) -> bool:
        progress = await self._deps.memory.progress(incident_id)
        if progress is None or progress.state not in RUNNING:
            return False
        task = self._running.get(incident_id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=ENDING)

        def stopped(standing: Progress) -> Progress | None:
            if standing.state not in RUNNING:
                return None
            return standing.model_copy(
                update={"state": RunState.STOPPED, "stopped_by": by, "steps": paused(standing.steps)}
            )

        return await self._board.revise(incident_id, stopped) is not None

    async def resume(self, incident_id: str, by: str) -> bool:
        def resumed(standing: Progress) -> Progress | None:
            if standing.state is not RunState.STOPPED:
                return None
            state = RunState.INVESTIGATING if standing.report is None else RunState.RECHECKING
            return standing.model_copy(update={"state": state, "stopped_by": ""})

        if await self._board.revise(incident_id, resumed) is None:
            return False
        self._log.info("resumed", incident=incident_id, by=by)
        await self._jobs.submit(incident_id)
        return True

    # people

    async def ask(self, question: Question) -> Answer:
        incident = await self._deps.memory.incident(question.incident)
        if incident is None:
            raise Refused("There is no investigation to ask about here. Start one first.")
        desk = Desk.of(self._deps.within(incident.scope))
        try:
            said = await answer(question, incident, await self.progress(incident.id), desk)
        finally:
            await desk.close()
        await self._board.show(incident, said)
        return said

    async def vote(self, vote: Vote) -> None:
        if not vote.agree and vote.reason is None:
            raise Refused("Say why you reject it: wrong cause, wrong evidence, or already known.")
        progress = await self._deps.memory.progress(vote.incident)
        found = _hypothesis(progress, vote.hypothesis)
        if progress is None or found is None:
            raise Refused("This hypothesis is no longer on the card, so it cannot be voted on.")
        text = within(vote.text, 500)
        changed = await self._deps.memory.vote(vote.model_copy(update={"text": text}))
        again = changed and not vote.agree and progress.state in (RunState.DONE, RunState.RESOLVED, RunState.RECHECKING)
        await self._board.hypothesis(progress.incident, found, rechecking=again)
        if again:
            await self._board.revise(progress.incident.id, lambda p: asked(p, found.id, found.title))
            await self._jobs.submit(progress.incident.id)

    async def alerted(self, incident_id: str, roll: Roll) -> bool:
        return await self._board.revise(incident_id, lambda progress: rolled(progress, roll)) is not None

    async def calls(self, scope: str) -> CallGraph | None:
        return await calls_of(self._deps, scope)

    # what stands

    async def progress(self, incident_id: str) -> Progress | None:
        return await self._deps.memory.progress(incident_id)

    async def progress_in(self, platform: str, team: str, channel: str) -> Progress | None:
        incident = await self._deps.memory.incident_in(platform, team, channel)
        return await self.progress(incident.id) if incident else None

    async def recent(self, limit: int) -> tuple[Progress, ...]:
        return await self._deps.memory.recent(limit)

    async def evidence(self, incident_id: str, number: int) -> Numbered | None:
        kept = await self._deps.memory.recall(incident_id)
        return next((numbered for numbered in kept if numbered.number == number), None)

    async def hypothesis(self, incident_id: str, number: int) -> HypothesisView | None:
        progress = await self.progress(incident_id)
        for found in progress.report.hypotheses if progress and progress.report else ():
            if progress and await self._deps.memory.number(incident_id, found.id) == number:
                return await hypothesis_view(
                    self._deps.memory, progress.incident, found, progress.state is RunState.RECHECKING
                )
        return None

    async def health(self) -> tuple[Health, ...]:
        return await health_of(self._deps)


def _hypothesis(progress: Progress | None, hypothesis_id: str) -> Hypothesis | None:
    report = progress.report if progress else None
    return next((h for h in report.hypotheses if h.id == hypothesis_id), None) if report else None
