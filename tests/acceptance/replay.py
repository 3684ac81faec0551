"""What do ten replayed incidents look like to people, from the first post to the last window?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr

from bot.composition import Facts
from bot.service import Service, serviced
from bot.settings import HttpSettings, LlmSettings, Settings, SlackSettings, StoreSettings
from bot.slack.ids import Act, More
from bot.slack.manifest import manifest
from playground.bundle import FIRST, bundled
from playground.demo import Playground, channel_name, shelf
from playground.slack.person import Person
from playground.slack.record import Entry
from playground.slack.server import LocalSlack

RUNS = 10
"""At least; and always one more than there are incidents, so that one is replayed twice."""
AT_ONCE = 3
PATIENCE = 90.0
QUESTIONS = ("what changed?", "who else is affected?", "why do you think that?", "sing me a song")
Json = dict[str, Any]


class Press(NamedTuple):
    """A button or a menu's entry of a message in a channel: the line it stands on, and its value."""

    channel: str
    message: Json
    line: str
    value: str


@dataclass(frozen=True)
class Opened:
    """A window that a button of a message opened: the label on the button's line, and the view."""

    line: str
    view: Json


@dataclass(frozen=True)
class Told:
    """One incident's channel: Clew's messages as they stand at the end, and the windows behind their buttons."""

    name: str
    channel: str
    messages: tuple[Json, ...]
    answers: tuple[Json, ...]
    windows: tuple[Opened, ...]
    queries: tuple[Opened, ...]
    """What "Full queries" of each hypothesis showed; the line is the hypothesis' heading."""

    @property
    def tops(self) -> tuple[Json, ...]:
        return tuple(m for m in self.messages if m.get("thread_ts", m["ts"]) == m["ts"])

    @property
    def hypotheses(self) -> tuple[Json, ...]:
        return tuple(m for m in self.messages if heading(m).startswith("H"))


@dataclass(frozen=True)
class Replays:
    """Everything that happened in ten channels."""

    told: tuple[Told, ...]
    entries: tuple[Entry, ...]

    @property
    def calls(self) -> tuple[Entry, ...]:
        """Every message that Clew sent: posts, edits and whispers."""
        methods = ("chat.postMessage", "chat.update", "chat.postEphemeral")
        return tuple(e for e in self.entries if e.kind == "call" and e.method in methods)


def heading(message: Json) -> str:
    """`H1 · LIKELY · ...`: what the first block says."""
    return str(message["blocks"][0].get("text", {}).get("text", "")) if message.get("blocks") else ""


@asynccontextmanager
async def clew(found: Facts, home: Path, llm: LlmSettings | None = None) -> AsyncGenerator[Playground]:
    """The whole product in a local Slack, on these facts."""
    async with LocalSlack.serving(manifest=manifest("socket")) as slack:
        settings = Settings(
            slack=SlackSettings(
                bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
            ),
            http=HttpSettings(port=0),
            store=StoreSettings(url=f"sqlite:///{home}/clew.db", checkpoints=home / "checkpoints.db"),
            llm=llm or LlmSettings(),
        )
        async with serviced(settings, found) as service:
            yield Playground(slack, service)


def ours(person: Person, channel: str) -> tuple[Json, ...]:
    """Clew's messages in a channel that this person sees, oldest first."""
    return tuple(m for m in person.messages(channel) if m.get("bot_id"))


async def card_says(slack: LocalSlack, channel: str, *said: str, seconds: float = PATIENCE) -> Json:
    """Waits until the one card says any of these, in its blocks. Raises TimeoutError."""
    mia = slack.person("mia")
    async with asyncio.timeout(seconds):
        while True:
            last = slack.record.last_seq
            for message in ours(mia, channel)[:1]:
                if any(words in str(message["blocks"]) for words in said):
                    return message
            await slack.record.until(lambda e: e.kind in ("message", "edited"), seconds, last)


async def settled(slack: LocalSlack, service: Service, seconds: float = 30.0) -> None:
    """Every delivery has had its effect."""
    await slack.deliveries.settled()
    await service.slack.admission.drained(seconds)


async def verdict(slack: LocalSlack, channel: str) -> Json:
    """The card once it has one."""
    return await card_says(slack, channel, "CAUSE FOUND", "CAUSE CONFIRMED", "CAUSE NOT FOUND", "LOOKS HEALTHY")


async def replayed(home: Path) -> Replays:
    """Ten incidents, three at a time; then every window is opened and some questions are asked."""
    cases = bundled()
    names = [*cases, *[FIRST] * RUNS][: max(RUNS, len(cases) + 1)]
    turn = asyncio.Semaphore(AT_ONCE)
    async with clew(shelf(cases, FIRST), home) as playground:
        slack = playground.slack

        async def run(name: str, place: int) -> str:
            async with turn:
                suffix = f"-{place}" if place >= len(cases) else ""
                channel = await slack.person("mia").creates_channel(channel_name(name) + suffix)
                await verdict(slack, channel)
                return channel

        channels = await asyncio.gather(*(run(name, place) for place, name in enumerate(names)))
        await _quiet(slack)
        told = [await _told(playground, name, channel) for name, channel in zip(names, channels, strict=True)]
        return Replays(tuple(told), slack.record.entries())


async def _quiet(slack: LocalSlack, seconds: float = 1.5, most: float = 15.0) -> None:
    """Late charts have come, or will not come any more: nothing was shown for a while."""
    async with asyncio.timeout(most + seconds):
        while True:
            last = slack.record.last_seq
            try:
                await slack.record.until(lambda e: e.kind == "edited" or e.method.startswith("files."), seconds, last)
            except TimeoutError:
                return


async def _told(playground: Playground, name: str, channel: str) -> Told:
    slack, mia = playground.slack, playground.slack.person("mia")
    messages = ours(mia, channel)
    windows = [
        await _open(playground, Act.EVIDENCE, Press(channel, m, line, value))
        for m in messages
        for line, value in buttons(m)
    ]
    more = [(m, value) for m in messages for value in _menu(m) if value.startswith(More.QUERIES.value)]
    queries = [await _open(playground, Act.MORE, Press(channel, m, heading(m), value)) for m, value in more]
    root = messages[0]["ts"]
    for question in QUESTIONS if name == FIRST else QUESTIONS[:1]:
        await mia.says(channel, question, thread_ts=root)
        await settled(slack, playground.service)
    return Told(name, channel, messages, ours(mia, channel)[len(messages) :], tuple(windows), tuple(queries))


def buttons(message: Json) -> list[tuple[str, str]]:
    """(the line it stands on, its value) of everything that opens evidence, a menu's entries each."""
    found: list[tuple[str, str]] = []
    for block in message["blocks"]:
        accessory = block.get("accessory", {})
        if accessory.get("action_id") != Act.EVIDENCE.value:
            continue
        line = str(block["text"]["text"])
        if "options" in accessory:
            found += [(str(option["text"]["text"]), str(option["value"])) for option in accessory["options"]]
        else:
            found.append((line, str(accessory["value"])))
    return found


def _menu(message: Json) -> list[str]:
    """The values behind the dots of a hypothesis."""
    elements = [e for b in message["blocks"] for e in b.get("elements", ()) if e.get("action_id") == Act.MORE.value]
    return [str(option["value"]) for element in elements for option in element["options"]]


async def _open(playground: Playground, act: Act, press: Press) -> Opened:
    mia = playground.slack.person("mia")
    assert (await mia.clicks(press.channel, press.message["ts"], act.value, press.value)).ok
    await settled(playground.slack, playground.service)
    view = mia.views[-1]
    await mia.closes(view)
    return Opened(press.line, view)
