"""What does a person's sentence to Clew set going?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.card import Card
from bot.card_private import catchup, help_card, status
from bot.slack.channels import Channel, matching, refuse
from bot.slack.desk import Desk, running
from bot.slack.ids import COMMAND
from clew.progress import Progress, RunState
from clew.question import Question

Tell = Callable[[Card | str], Awaitable[None]]
"""Says something to the person who asked, and to nobody else."""

QUESTION = 2_000


class Word(StrEnum):
    """Sub-commands."""

    HELP = "help"
    STATUS = "status"
    STOP = "stop"
    CATCHUP = "catchup"


@dataclass(frozen=True)
class Errand:
    """One sentence: who said it, where, and how to answer privately. `key` identifies the message it came from."""

    channel: str
    user: str
    text: str
    key: str
    tell: Tell
    root: str = ""
    """The message under which a new run belongs; empty = the channel itself."""
    about: Progress | None = None
    """The investigation whose thread it was said in."""


async def run(desk: Desk, errand: Errand) -> None:
    """Does what was asked: a sub-command, a question about what is known, or a start. Raises Refused, PlatformError, StoreError."""
    words = errand.text.strip().lower()
    if words in set(Word):
        await _sub_command(desk, errand, Word(words))
        return
    await start_or_ask(desk, errand)


async def start_or_ask(desk: Desk, errand: Errand) -> None:
    """A question if something is known that it can be about, else a start."""
    text = errand.text.strip()
    progress = errand.about or await desk.in_channel(errand.channel)
    if progress is not None and text and (errand.about is not None or running(progress)):
        await ask(desk, progress, errand)
        return
    channel = await desk.channels.look(errand.channel)
    refuse(channel)
    pattern = matching(channel.name, desk.config.channel_patterns)
    if pattern is not None or progress is not None or text:  # nobody is joined only to be told how to ask
        channel = await desk.channels.join(channel)
    if pattern is not None and progress is not None and text:
        await ask(desk, progress, errand)
    elif pattern is not None or (progress is not None and not text):
        await _open_channel(desk, errand, channel, progress)
    elif text:
        await _open_here(desk, errand, channel)
    else:
        await errand.tell(
            f"Say what is wrong: `{COMMAND} checkout is slow`. "
            f"In a channel named like {_listed(desk.config.channel_patterns)} `{COMMAND}` alone is enough."
        )


async def ask(desk: Desk, progress: Progress, errand: Errand) -> None:
    """Puts a question about an investigation; the answer appears in its thread."""
    question = Question(
        incident=progress.incident.id,
        key=errand.key,
        asker=errand.user,
        text=errand.text.strip()[:QUESTION],
        at=desk.clock.now(),
    )
    await desk.copilot.ask(question)


async def _open_channel(desk: Desk, errand: Errand, channel: Channel, progress: Progress | None) -> None:
    if progress is not None:
        incident = progress.incident
    else:
        incident = desk.opening.for_channel(channel, opened_by=errand.user, question=errand.text.strip())
    if await desk.copilot.open(incident):
        return
    where = await desk.link(incident)
    state = "The card is here" if progress is None or running(progress) else f"This investigation is {_state(progress)}"
    await errand.tell(f"{state}: {where}" if where else f"{state}.")


async def _open_here(desk: Desk, errand: Errand, channel: Channel) -> None:
    if errand.root:
        incident = desk.opening.for_message(channel, errand.root, errand.text, opened_by=errand.user)
    else:
        incident = desk.opening.for_channel(channel, opened_by=errand.user, question=errand.text, origin=errand.key)
    await desk.copilot.open(incident)


async def _sub_command(desk: Desk, errand: Errand, word: Word) -> None:
    progress = errand.about or await desk.in_channel(errand.channel)
    match word:
        case Word.HELP:
            await errand.tell(help_card())
        case Word.STATUS:
            await errand.tell(status(progress, now=desk.clock.now(), thread=await _where(desk, progress)))
        case Word.CATCHUP if progress is not None:
            await errand.tell(catchup(progress, now=desk.clock.now(), thread=await _where(desk, progress)))
        case Word.STOP if progress is not None:
            await stop(desk, progress.incident.id, errand.user, errand.tell)
        case _:
            await errand.tell(f"Nothing was investigated in this channel yet. Start with `{COMMAND}`.")


async def stop(desk: Desk, incident: str, user: str, tell: Tell) -> None:
    """Halts an investigation, and says so if none ran."""
    if not await desk.copilot.stop(incident, user):
        await tell("Nothing is running here, so there is nothing to stop.")


async def _where(desk: Desk, progress: Progress | None) -> str | None:
    return await desk.link(progress.incident) if progress is not None else None


def _state(progress: Progress) -> str:
    return {RunState.STOPPED: "stopped; its card offers to resume it", RunState.RESOLVED: "closed"}.get(
        progress.state, "finished"
    )


def _listed(patterns: tuple[str, ...]) -> str:
    return ", ".join(f"`{pattern}`" for pattern in patterns) or "(none is configured)"
