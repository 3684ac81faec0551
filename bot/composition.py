"""How is the program put together? `bot.service` and `bot.commands` ask for it; nothing else knows every room."""

import os
import socket
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from agents.checkpoints import opened as checkpoints_opened
from agents.copilot import GraphCopilot
from agents.mind import ChatModel, Endpoint
from bot.clock import SystemClock
from bot.settings import LlmSettings, Settings
from bot.sources import Sourced, sourced
from clew.deps import Deps
from clew.fleet import FleetSource
from clew.incident import Incident, Window
from clew.limits import Limits
from clew.ports import MetricSource, Mind, Platform, Source
from tools.case.brief import CaseBrief, case_incident
from tools.memory import SqlMemory
from tools.memory import opened as memory_opened
from tools.outside import Outside
from tools.parted import PartedMetrics, PartTask, answered
from tools.queue import opened as queue_opened
from tools.recorded import recorded_sources
from tools.shards import opened as shards_opened


@dataclass(frozen=True)
class Facts:
    """Where the facts come from: sources and, for a recorded incident, the alert that came with it."""

    sources: tuple[Source, ...] = ()
    brief: CaseBrief | None = None

    def briefed(self, incident: Incident) -> Incident:
        """The incident as the recorded alert describes it: a recording happened at its own time, not now."""
        if self.brief is None:
            return incident
        at, limits = self.brief.alerted_at, Limits()
        window = Window(
            start=at - limits.lookback_seconds, end=at + limits.lookahead_seconds, reason="around the alert"
        )
        told = {
            "title": self.brief.title,
            "alerted_at": at,
            "symptom": self.brief.symptom,
            "severity": self.brief.severity,
        }
        return incident.model_copy(update={**told, "window": window})


def facts(case: Path | None) -> Facts:
    """The sources of a recorded case; none without one. Raises BadCase."""
    return Facts(recorded_sources(case), case_incident(case)) if case else Facts()


def mind(settings: LlmSettings, limits: Limits) -> Mind | None:
    """The language model, where one is configured."""
    if not settings.configured:
        return None
    key = settings.api_key or SecretStr("")
    return ChatModel(Endpoint(str(settings.base_url), str(settings.model), key), limits)


def owner() -> str:
    """A name for this process that no other process has, for leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def remembering(settings: Settings) -> AsyncGenerator[SqlMemory]:
    """The store, opened and up to date. Raises Misconfigured or StoreError."""
    async with memory_opened(settings.store.url) as memory:
        yield memory


class ByHand:
    """Jobs that wait for nobody: the caller runs the investigation itself."""

    async def submit(self, incident_id: str) -> None:
        """Nothing to do: the one who opened it will run it."""


@asynccontextmanager
async def in_parts(settings: Settings, sources: tuple[Source, ...]) -> AsyncGenerator[tuple[Source, ...]]:
    """The sources, those of metrics with workers that read the parts of a fleet too large for one, unless they do so themselves.

    Raises StoreError.
    """

    async def work(task: PartTask) -> bytes:
        return await answered(sources, task, settings.limits.source_seconds)

    async with shards_opened(settings.queue.url, work) as shards:
        yield tuple(
            PartedMetrics(source, shards.ask, settings.limits)
            if isinstance(source, MetricSource) and not isinstance(source, FleetSource)
            else source
            for source in sources
        )


@asynccontextmanager
async def investigating(
    settings: Settings,
    found: Facts,
    memory: SqlMemory,
    platforms: Mapping[str, Platform],
    *,
    jobs: ByHand | None = None,
    outside: Outside | None = None,
) -> AsyncGenerator[GraphCopilot]:
    """The copilot, with its queue running unless `jobs` are given; a recording is asked instead of the sources in the settings.

    Raises Misconfigured or StoreError.
    """
    async with AsyncExitStack() as stack:
        live = Sourced(found.sources)
        if not found.sources:
            live = await stack.enter_async_context(sourced(settings, replace(outside or Outside(), memory=memory)))
        sources = live.sources if jobs else await stack.enter_async_context(in_parts(settings, live.sources))
        thinker = mind(settings.llm, settings.limits)
        deps = Deps(sources, memory, SystemClock(), settings.limits, thinker, live.scopes)
        saver = await stack.enter_async_context(checkpoints_opened(settings.store.checkpoints))
        if jobs is not None:
            yield GraphCopilot(deps, platforms, jobs, saver, owner())
            return
        made: list[GraphCopilot] = []

        async def run(incident_id: str) -> None:
            await made[0].run(incident_id)

        queue = await stack.enter_async_context(queue_opened(settings.queue.url, run))
        made.append(GraphCopilot(deps, platforms, queue, saver, owner()))
        yield made[0]
