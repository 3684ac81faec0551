"""Was this delivery kept before Slack was told that it arrived, and is it the first of its kind?"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.ids import Act, Form
from clew.errors import StoreError
from clew.memory import Memory
from clew.ports import Clock

log = structlog.get_logger(__name__)

DELIVERY = "clew_delivery"
PASSING = "clew_passing"
FAILED = "clew_failed"
UNHANDLED = "clew_unhandled"
PREFIX = "slack:in:"
OLDEST_SECONDS = 3600.0
"""A delivery that could not be handled for so long is not handled any more: the moment has passed."""
BODY_CHARACTERS = 200_000
TEXT_CHARACTERS = 4_000
NOT_KEPT = "Clew could not write this down just now, so nothing was started. Please try again in a moment."

EVENTS = frozenset(
    {"app_mention", "channel_created", "channel_rename", "agent_session_stopped", "member_joined_channel"}
)
ACTS = frozenset({Act.AGREE, Act.STOP, Act.RESUME, Act.HELPFUL})
"""Buttons with an effect; the others only open or show something to one person."""
FORMS = frozenset({Form.REJECT, Form.ASK, Form.NEW, Form.SHORTCUT})


def delivery_key(body: dict[str, Any]) -> str | None:
    """What identifies a delivery that has an effect; None for one that needs no keeping."""
    if body.get("type") == "event_callback":
        return _event_key(body)
    if "command" in body:
        return f"command:{body.get('trigger_id') or _hash(body)}"
    kind = body.get("type")
    if kind == "block_actions":
        acts = [str(action.get("action_id", "")).partition("#")[0] for action in body.get("actions") or ()]
        return f"action:{body.get('trigger_id') or _hash(body)}" if ACTS.intersection(acts) else None
    if kind in ("view_submission", "message_action"):
        callback = (body.get("view") or {}).get("callback_id") or body.get("callback_id")
        return f"form:{body.get('trigger_id') or _hash(body)}" if callback in FORMS else None
    return None


def _event_key(body: dict[str, Any]) -> str | None:
    event = body.get("event") or {}
    kind = event.get("type")
    is_message = kind == "message" and not event.get("subtype") and not event.get("bot_id")
    heard = is_message and (event.get("thread_ts") or event.get("channel_type") == "im")
    if kind not in EVENTS and not heard:
        return None
    return f"event:{body.get('event_id') or _hash(body)}"


def kept_form(body: dict[str, Any]) -> str:
    """The delivery as the ledger keeps it: without Slack's token, and within bounds whatever somebody pasted."""
    kept = json.dumps({name: value for name, value in body.items() if name != "token"}, default=str)
    if len(kept) <= BODY_CHARACTERS:
        return kept
    return json.dumps(_cut({name: value for name, value in body.items() if name != "token"}), default=str)


def _cut(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value[:TEXT_CHARACTERS]
    if depth > 3:
        return None
    if isinstance(value, dict):
        bulky = ("blocks", "attachments", "files")
        return {name: _cut(part, depth + 1) for name, part in value.items() if name not in bulky}
    if isinstance(value, list):
        return [_cut(part, depth + 1) for part in value[:20]]
    return value


def _hash(body: dict[str, Any]) -> str:
    return hashlib.blake2s(json.dumps(body, sort_keys=True, default=str).encode(), digest_size=12).hexdigest()


class Admission:
    """Persist, then acknowledge. A delivery that was handled is settled; the others are taken up at the next start."""

    def __init__(self, memory: Memory, clock: Clock, seconds: float) -> None:
        self._memory = memory
        self._clock = clock
        self._seconds = seconds
        self._under_way: set[str] = set()
        self._telling: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.last_event_at: float | None = None
        """Unix seconds of the last delivery of any kind."""
        self.closing = False

    async def admit(
        self, request: AsyncBoltRequest, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Bolt middleware: goes on only with a delivery that is durably kept and was not seen before."""
        self.last_event_at = self._clock.now()
        body: dict[str, Any] = request.body
        if request.context.get(DELIVERY):  # taken up again after a restart: kept long ago
            await next_()
            return None
        part = delivery_key(body)
        if part is None:
            await next_()
            return None
        key = f"{PREFIX}{request.context.team_id or ''}:{part}"
        if key in self._under_way:
            return BoltResponse(status=200, body="")
        try:
            async with asyncio.timeout(self._seconds):
                first = await self._memory.admit(key, kept_form(body), self._clock.now())
        except (StoreError, TimeoutError) as error:
            log.warning("delivery not kept", key=key, why=str(error) or "too slow")
            return self._not_kept(request)
        if not first:
            log.info("delivery seen before", key=key)
            return BoltResponse(status=200, body="")
        request.context[DELIVERY] = key
        self.began(key)
        await next_()
        return None

    def _not_kept(self, request: AsyncBoltRequest) -> BoltResponse:
        """Events come again when Slack is told of the failure; a person who waits is told instead."""
        body: dict[str, Any] = request.body
        if body.get("type") == "event_callback":
            return BoltResponse(status=500, body={"error": "not kept"})
        if "command" in body:
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": NOT_KEPT})
        if body.get("type") == "view_submission":
            blocks = [{"type": "section", "text": {"type": "plain_text", "text": NOT_KEPT}}]
            view = {"type": "modal", "title": {"type": "plain_text", "text": "Not kept"}, "blocks": blocks}
            return BoltResponse(status=200, body={"response_action": "update", "view": view})
        if request.context.respond is not None and body.get("response_url"):
            task = asyncio.create_task(request.context.respond(text=NOT_KEPT, replace_original=False))
            self._telling.add(task)
            task.add_done_callback(self._told)
        return BoltResponse(status=200, body="")

    def _told(self, task: asyncio.Task[Any]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("could not say that a delivery was not kept", why=str(error))

    def began(self, key: str) -> None:
        self._under_way.add(key)
        self._idle.clear()

    def passed(self, key: str) -> None:
        self._under_way.discard(key)
        if not self._under_way:
            self._idle.set()

    async def ended(self, key: str, *, handled: bool) -> None:
        """Forgets the body of a delivery that was handled; keeps the others for the next start."""
        self.passed(key)
        if handled:
            try:
                await self._memory.settle(key)
            except StoreError as error:
                log.warning("delivery handled but not settled; it may be handled again", key=key, why=str(error))

    async def drained(self, seconds: float, *, final: bool = False) -> bool:
        """Whether everything under way ended within `seconds`; from then on a failure counts as being cut short."""
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self.closing = self.closing or final
        return True

    async def unfinished(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Deliveries that an earlier process kept and did not finish, oldest first; too old ones are dropped. Raises StoreError.

        To be asked before anything new is taken in.
        """
        found: list[tuple[str, dict[str, Any]]] = []
        for key, text in await self._memory.unsettled():
            if not key.startswith(PREFIX):
                continue
            body, now = _body(text), self._clock.now()
            if body is None or now - _sent_at(body, now) > OLDEST_SECONDS:
                log.warning("an old delivery is dropped", key=key)
                await self._memory.settle(key)
                continue
            self.began(key)
            found.append((key, body))
        return tuple(found)

    async def replay(self, app: AsyncApp, found: tuple[tuple[str, dict[str, Any]], ...]) -> None:
        """Hands deliveries that were kept earlier to the listeners, one after another."""
        for key, body in found:
            await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode", context={DELIVERY: key}))


class Flight(AsyncListenerStartHandler):
    """Bolt calls this when a listener begins: what needs no keeping is under way too."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        if request.context.get(DELIVERY) is None:
            request.context[PASSING] = f"passing:{id(request)}"
            self._admission.began(request.context[PASSING])


class Settling(AsyncListenerCompletionHandler):
    """Bolt calls this when a listener has ended, well or not."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        key: str | None = request.context.get(DELIVERY)
        if key is None:
            self._admission.passed(str(request.context.get(PASSING, "")))
            return
        task = asyncio.current_task()
        cut_short = task is not None and task.cancelling() > 0
        # While we stop, the ground goes from under a listener: its failure is ours, and it gets another try.
        cut_short = cut_short or (self._admission.closing and bool(request.context.get(FAILED)))
        await self._admission.ended(key, handled=not cut_short and not request.context.get(UNHANDLED))


def _body(text: str) -> dict[str, Any] | None:
    try:
        body: Any = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _sent_at(body: dict[str, Any], otherwise: float) -> float:
    """Unix seconds at which Slack made the delivery, as far as it says so."""
    for found in (body.get("event_time"), body.get("action_ts"), ((body.get("actions") or [{}])[0]).get("action_ts")):
        try:
            return float(str(found))
        except ValueError:
            continue
    return otherwise
