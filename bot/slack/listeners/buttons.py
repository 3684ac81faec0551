"""What does each button of a card do?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.card_private import catchup
from bot.slack.blocks import picked
from bot.slack.desk import Desk
from bot.slack.errand import Tell, stop
from bot.slack.forms import ask_form, new_form, reject_form
from bot.slack.ids import Act, More, Target, target
from bot.slack.shapes import Modal
from bot.slack.windows import copy_window, evidence_window, fix_window, queries_window, voters_window, why_window
from clew.errors import Refused
from clew.feedback import Vote
from clew.progress import HypothesisView, Progress

GONE = "Clew does not know this card any more. `/investigate` shows the current one."


@dataclass(frozen=True)
class Press:
    """A button that somebody pressed: what it is about, who, and where. Decisions are looked up, never read from it."""

    about: Target
    user: str
    channel: str
    trigger: str
    tell: Tell


Handler = Callable[[Desk, Press], Awaitable[None]]


def register(app: AsyncApp, desk: Desk) -> None:
    for act, handler in HANDLERS.items():
        app.action(act.value)(partial(on_press, handler=handler, desk=desk))
    app.action(Act.MORE.value)(partial(on_more, desk=desk))


async def on_press(
    ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond, *, handler: Handler, desk: Desk
) -> None:
    """Acknowledges, finds out what the button is about, and does it."""
    await ack()
    chosen = action.get("selected_option") or {}
    about = target(str(action.get("value") or chosen.get("value") or ""))
    if about is None:
        raise Refused(GONE)
    await handler(desk, _press(body, about, partial(desk.respond, respond)))


async def on_more(
    ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond, *, desk: Desk
) -> None:
    """The dots menu of a hypothesis: a window with more."""
    await ack()
    found = picked(str((action.get("selected_option") or {}).get("value", "")))
    if found is None:
        raise Refused(GONE)
    choice, about = found
    press = _press(body, about, partial(desk.respond, respond))
    await desk.open_view(press.trigger, WINDOWS[choice](await _hypothesis(desk, press)))


def _press(body: dict[str, Any], about: Target, tell: Tell) -> Press:
    return Press(
        about=about,
        user=str((body.get("user") or {}).get("id", "")),
        channel=str((body.get("channel") or {}).get("id", "")),
        trigger=str(body.get("trigger_id", "")),
        tell=tell,
    )


async def _progress(desk: Desk, press: Press) -> Progress:
    """The investigation a button is about; only where the button can have been shown."""
    progress = await desk.copilot.progress(press.about.incident)
    if progress is None or (press.channel and press.channel != progress.incident.thread.channel):
        raise Refused(GONE)
    return progress


async def _hypothesis(desk: Desk, press: Press) -> HypothesisView:
    await _progress(desk, press)
    number = press.about.hypothesis
    view = await desk.copilot.hypothesis(press.about.incident, number) if number is not None else None
    if view is None:
        raise Refused(GONE)
    return view


async def _agree(desk: Desk, press: Press) -> None:
    view = await _hypothesis(desk, press)
    await desk.copilot.vote(
        Vote(incident=view.incident.id, hypothesis=view.hypothesis.id, by=press.user, agree=True, at=desk.clock.now())
    )


async def _reject(desk: Desk, press: Press) -> None:
    await desk.open_view(press.trigger, reject_form(press.about, await _hypothesis(desk, press)))


async def _fix(desk: Desk, press: Press) -> None:
    await desk.open_view(press.trigger, fix_window(await _hypothesis(desk, press)))


async def _evidence(desk: Desk, press: Press) -> None:
    await _progress(desk, press)
    number = press.about.evidence
    fact = await desk.copilot.evidence(press.about.incident, number) if number is not None else None
    if fact is None:
        raise Refused("This evidence is not kept any more.")
    await desk.open_view(press.trigger, evidence_window(fact))


async def _stop(desk: Desk, press: Press) -> None:
    await _progress(desk, press)
    await stop(desk, press.about.incident, press.user, press.tell)


async def _resume(desk: Desk, press: Press) -> None:
    await _progress(desk, press)
    if not await desk.copilot.resume(press.about.incident, press.user):
        await press.tell("This investigation is not stopped, so there is nothing to resume.")


async def _ask(desk: Desk, press: Press) -> None:
    await desk.open_view(press.trigger, ask_form(press.about))


async def _catchup(desk: Desk, press: Press) -> None:
    progress = await _progress(desk, press)
    await press.tell(catchup(progress, now=desk.clock.now(), thread=await desk.link(progress.incident)))


async def _new(desk: Desk, press: Press) -> None:
    await desk.open_view(press.trigger, new_form())


async def _nothing(_desk: Desk, _press: Press) -> None:
    """A link, or thanks."""


HANDLERS: dict[Act, Handler] = {
    Act.AGREE: _agree,
    Act.REJECT: _reject,
    Act.NOT_IT: _reject,
    Act.FIX: _fix,
    Act.EVIDENCE: _evidence,
    Act.STOP: _stop,
    Act.RESUME: _resume,
    Act.ASK: _ask,
    Act.CATCHUP: _catchup,
    Act.NEW: _new,
    Act.OPEN_THREAD: _nothing,
    Act.HELPFUL: _nothing,
}

WINDOWS: dict[More, Callable[[HypothesisView], Modal]] = {
    More.QUERIES: queries_window,
    More.VOTERS: voters_window,
    More.COPY: copy_window,
    More.WHY: why_window,
}
