"""A whole Slack bot against a whole local Slack; only the copilot behind it is a short fake."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web

from bot.clock import SystemClock
from bot.slack.app import Running, Slack, connected, serving
from bot.slack.config import SlackConfig
from bot.slack.http import BODY_BYTES, PATH, add_events
from bot.slack.manifest import manifest
from clew.alert import Roll
from clew.evidence import Series
from clew.feedback import Vote
from clew.hypothesis import Timeline
from clew.incident import Incident, Window
from clew.ports import Clock, Health
from clew.progress import Answer, HypothesisView, Numbered, Progress, RunState, Step, StepState
from clew.question import Question
from clew.tables import CallGraph
from clew.testing import DictMemory
from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass(frozen=True)
class Picture:
    png: bytes
    alt: str
    title: str


async def draw(shows: Series | Timeline, window: Window) -> Picture:
    """One pixel stands for the chart; how charts look is tested elsewhere."""
    name = f"{shows.name} of {shows.service}" if isinstance(shows, Series) else "timeline"
    return Picture(PIXEL, name, name)


class RecordingCopilot:
    """Keeps every verb; opens a card as the real one does, and investigates nothing."""

    def __init__(self, platform: Any) -> None:
        self.platform = platform
        self.opened: list[Incident] = []
        self.questions: list[Question] = []
        self.votes: list[Vote] = []
        self.stops: list[tuple[str, str]] = []
        self.resumes: list[tuple[str, str]] = []
        self.shown: dict[str, Progress] = {}
        self.hypotheses: dict[tuple[str, int], HypothesisView] = {}
        self.facts: dict[tuple[str, int], Numbered] = {}
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    def _verb(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def show(self, progress: Progress) -> None:
        self.shown[progress.incident.id] = progress
        await self.platform.show(progress)

    async def open(self, incident: Incident) -> bool:
        await self.gate.wait()
        self._verb()
        first = incident.id not in self.shown
        if first:
            self.opened.append(incident)
            self.shown[incident.id] = running(incident)
        await self.platform.show(self.shown[incident.id])
        return first

    async def ask(self, question: Question) -> Answer:
        await self.gate.wait()
        self._verb()
        self.questions.append(question)
        incident = self.shown[question.incident].incident
        return Answer(incident=incident, key=question.key, asker=question.asker, question=question.text, claims=())

    async def vote(self, vote: Vote) -> None:
        self._verb()
        self.votes.append(vote)

    async def stop(self, incident_id: str, by: str) -> bool:
        self._verb()
        progress = self.shown.get(incident_id)
        if progress is None or progress.state is not RunState.INVESTIGATING:
            return False
        self.stops.append((incident_id, by))
        await self.show(
            progress.model_copy(update={"state": RunState.STOPPED, "stopped_by": by, "revision": progress.revision + 1})
        )
        return True

    async def resume(self, incident_id: str, by: str) -> bool:
        self.resumes.append((incident_id, by))
        return self.shown[incident_id].state is RunState.STOPPED

    async def alerted(self, incident_id: str, roll: Roll) -> bool:
        return False

    async def calls(self, scope: str) -> CallGraph | None:
        return None

    async def progress(self, incident_id: str) -> Progress | None:
        return self.shown.get(incident_id)

    async def progress_in(self, platform: str, team: str, channel: str) -> Progress | None:
        here = [p for p in self.shown.values() if p.incident.thread.channel == channel]
        return here[-1] if here else None

    async def recent(self, limit: int) -> tuple[Progress, ...]:
        return tuple(reversed(self.shown.values()))[:limit]

    async def evidence(self, incident_id: str, number: int) -> Numbered | None:
        return self.facts.get((incident_id, number))

    async def hypothesis(self, incident_id: str, number: int) -> HypothesisView | None:
        return self.hypotheses.get((incident_id, number))

    async def health(self) -> tuple[Health, ...]:
        return (Health(source="metrics", ok=True, says="12 series"), Health(source="logs", ok=False, says="down"))


def running(incident: Incident, revision: int = 1, note: str = "") -> Progress:
    """An investigation under way."""
    return Progress(
        incident=incident,
        revision=revision,
        state=RunState.INVESTIGATING,
        steps=(Step(key="read", title="Read the alert", state=StepState.RUNNING, note=note),),
        so_far=note,
        updated_at=incident.opened_at + revision,
        run="7f3a90c1",
    )


@dataclass
class Bench:
    """The parts of one running bot."""

    slack: LocalSlack
    copilot: RecordingCopilot
    memory: DictMemory
    bot: Slack
    running: Running
    config: SlackConfig
    cleanup: list[Callable[[], Any]] = field(default_factory=list[Callable[[], Any]])

    def cards(self, channel: str) -> list[dict[str, Any]]:
        """The bot's top-level messages in a channel."""
        messages = self.slack.person("mia").messages(channel)
        return [
            m for m in messages if m.get("bot_id") and m.get("thread_ts", m["ts"]) == m["ts"] and not m.get("ephemeral")
        ]

    def whispers(self, user: str = "mia") -> list[str]:
        """What only this person was told, as text of the blocks and the fallback."""
        entries = self.slack.record.seen_by(self.slack.person(user).id)
        return [str(e.payload) for e in entries if e.kind == "ephemeral"]

    async def settled(self, seconds: float = 5.0) -> None:
        """Every delivery is acknowledged and handled."""
        async with asyncio.timeout(seconds):
            await self.slack.deliveries.settled()
            await self.running.admission.drained(seconds)


Open = Callable[..., AbstractAsyncContextManager[Bench]]


@asynccontextmanager
async def _http_server(running: Running, clock: Clock) -> AsyncGenerator[str]:
    server = web.Application(client_max_size=BODY_BYTES)
    add_events(server, running.app, clock)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bot_at(
    slack: LocalSlack, mode: str, memory: DictMemory, clock: Clock | None = None, **changes: Any
) -> AsyncGenerator[Bench]:
    """The bot, connected to a local Slack that is there already."""
    time = clock or SystemClock()
    config = SlackConfig(
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        signing_secret=slack.signing_secret,
        api_url=slack.api_url,
        mode="http" if mode == "http" else "socket",
        edit_seconds=0.2,
        edit_seconds_per_incident=0.1,
        chart_seconds=2.0,
        drain_seconds=1.0,
    )
    config = replace(config, **changes)
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(connected(config, memory, time, draw))
        copilot = RecordingCopilot(bot.platform)
        run = await stack.enter_async_context(serving(bot, copilot))
        if mode == "http":
            url = await stack.enter_async_context(_http_server(run, time))
            assert await slack.listens_at(url)
        await slack.until_connected()
        yield Bench(slack, copilot, memory, bot, run, config)


@pytest.fixture
def opened() -> Open:
    """`async with opened(mode) as bench`: a Slack and a bot in it. Options of LocalSlack, and `config` for ours."""

    @asynccontextmanager
    async def open_(
        mode: str = "socket",
        *,
        memory: DictMemory | None = None,
        clock: Clock | None = None,
        config: dict[str, Any] | None = None,
        **options: Any,
    ) -> AsyncGenerator[Bench]:
        told = {"limits": Limits(on=False), "manifest": manifest("http" if mode == "http" else "socket"), **options}
        async with (
            LocalSlack.serving(mode=mode, **told) as slack,  # pyright: ignore[reportArgumentType]
            bot_at(slack, mode, memory or DictMemory(), clock, **(config or {})) as bench,
        ):
            yield bench

    return open_


@pytest.fixture
def joined() -> Callable[..., AbstractAsyncContextManager[Bench]]:
    """A second bot process in the same Slack with the same memory: what a restart is."""
    return bot_at


@pytest.fixture(params=["socket", "http"])
async def bench(request: pytest.FixtureRequest, opened: Open) -> AsyncIterator[Bench]:
    """A bot in a Slack, once for each transport."""
    async with opened(request.param) as made:
        yield made


@pytest.fixture
async def bot(opened: Open) -> AsyncIterator[Bench]:
    """A bot in a Slack over Socket Mode."""
    async with opened() as made:
        yield made
