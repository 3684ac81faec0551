"""What happens when a person submits a form?"""

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.desk import Desk
from bot.slack.errand import Errand, ask, start_or_ask
from bot.slack.forms import Rejection, Start, asked, rejection, started
from bot.slack.ids import Form, Target, target
from clew.errors import PlatformError, Refused
from clew.feedback import Vote

UNKNOWN = "Clew does not know this incident any more. Close this and run `/investigate`."


def register(app: AsyncApp, desk: Desk) -> None:
    app.view(Form.REJECT.value)(partial(on_reject, desk=desk))
    app.view(Form.ASK.value)(partial(on_ask, desk=desk))
    app.view(Form.NEW.value)(partial(on_new, desk=desk))
    app.view(Form.SHOW.value)(on_close)


async def on_close(ack: AsyncAck) -> None:
    await ack()


async def on_reject(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], *, desk: Desk) -> None:
    """A rejection with its reason: the word may drop, the hypothesis is rechecked and stays visible."""
    said = rejection(_values(view))
    if not isinstance(said, Rejection):
        await ack(response_action="errors", errors=said)
        return
    await ack()
    user, about = _user(body), _about(view)
    shown = await desk.copilot.hypothesis(about.incident, about.hypothesis) if about.hypothesis is not None else None
    if shown is None:
        raise Refused(UNKNOWN)
    await desk.copilot.vote(
        Vote(
            incident=about.incident,
            hypothesis=shown.hypothesis.id,
            by=user,
            agree=False,
            reason=said.reason,
            text=said.text,
            at=desk.clock.now(),
        )
    )


async def on_ask(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], *, desk: Desk) -> None:
    """A question about one incident; the answer appears in its thread."""
    said = asked(_values(view))
    if not isinstance(said, str):
        await ack(response_action="errors", errors=said)
        return
    await ack()
    progress = await desk.copilot.progress(_about(view).incident)
    if progress is None:
        raise Refused(UNKNOWN)
    channel, user = progress.incident.thread.channel, _user(body)
    tell = partial(desk.say_privately, channel, user, None)
    key = f"form:{view.get('id', '')}"
    await ask(desk, progress, Errand(channel=channel, user=user, text=said, key=key, tell=tell))


async def on_new(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], *, desk: Desk) -> None:
    """A start in the chosen channel; where Clew cannot go, the form says why."""
    said = started(_values(view))
    if not isinstance(said, Start):
        await ack(response_action="errors", errors=said)
        return
    await ack()
    user = _user(body)
    tell = partial(desk.say_privately, said.channel, user, None)
    key = f"form:{view.get('id', '')}"
    errand = Errand(channel=said.channel, user=user, text=said.question, key=key, tell=tell)
    try:
        await start_or_ask(desk, errand)
    except (Refused, PlatformError) as error:
        await desk.say_directly(user, None, str(error))


def _values(view: dict[str, Any]) -> dict[str, Any]:
    values = (view.get("state") or {}).get("values")
    return values if isinstance(values, dict) else {}


def _about(view: dict[str, Any]) -> Target:
    about = target(str(view.get("private_metadata") or ""))
    if about is None:
        raise Refused(UNKNOWN)
    return about


def _user(body: dict[str, Any]) -> str:
    return str((body.get("user") or {}).get("id", ""))
