"""How does a view become a Slack message that appears once and is edited in place?"""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import structlog

from bot.card import Card
from bot.card_timeline import KEY as PICTURE
from bot.cards import card
from bot.slack.config import NAME, Identity
from bot.slack.edits import Edit, Edits, Pace
from bot.slack.pictures import Pictures
from bot.slack.posts import Place, Posted, Posts, metadata, permalink, reference
from bot.slack.rendering import Dialects
from bot.slack.rooms import Rooms
from bot.slack.scopes import Method
from bot.slack.sessions import Sessions
from bot.slack.shapes import Block
from bot.slack.shown import Shown, drawn
from bot.slack.uploads import Charts, Draw
from bot.slack.web import UNREACHABLE, Web
from clew.errors import PlatformError
from clew.incident import Incident, Room
from clew.memory import Memory
from clew.ports import Clock
from clew.progress import Answer, HypothesisView, Progress, RuledOutView, RunState, TimelineView, View

log = structlog.get_logger(__name__)

TOP = "slack:top:"
REPLY = "slack:reply:"
THREAD = "slack:thread:"
GONE = "message_not_found"
FINAL_SECONDS = 180.0
RUNNING = frozenset({RunState.INVESTIGATING, RunState.RECHECKING})
ENDED = frozenset({RunState.DONE, RunState.RESOLVED})


def thread_key(team: str, channel: str, root: str) -> str:
    """The ledger's name for a thread; its effect refers to the incident that is spoken about there."""
    return f"{THREAD}{team}:{channel}:{root}"


class SlackPlatform:
    """The Platform port for one workspace. Use it inside `async with platform.running()`."""

    def __init__(self, web: Web, identity: Identity, memory: Memory, clock: Clock, draw: Draw) -> None:
        config = web.config
        self._web = web
        self._memory = memory
        self._team = identity.team
        self._clock = clock
        self.dialects = Dialects(memory, identity.team)
        self._posts = Posts(web, memory, self.dialects)
        charts = Charts(web, memory, clock, identity, draw, config.chart_seconds)
        self._pictures = Pictures(charts, config.chart_patience_seconds)
        self._sessions = Sessions(web)
        self._rooms = Rooms(web, memory, clock, identity)
        pace = Pace(config.edit_seconds, config.edit_seconds_per_incident, config.edits_per_minute)
        self._edits = Edits(self._edit, clock, pace)
        self._drain = config.drain_seconds
        self._order = itertools.count(1)

    @property
    def name(self) -> str:
        return NAME

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["SlackPlatform"]:
        """Edits are sent while this is open; at the end what is wanted still goes out, within `drain_seconds`."""
        sender = asyncio.create_task(self._edits.run(), name="slack edits")
        try:
            yield self
            with suppress(TimeoutError):
                await asyncio.wait_for(self._edits.flush(), self._drain)
        finally:
            await self._pictures.close()
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender

    async def show(self, view: View) -> None:
        """Posts or edits the view's message. A state that ends a run returns when Slack has it, others when they are queued.

        Raises PlatformError when Slack refuses for good, Refused for a claim without evidence, StoreError.
        """
        match view:
            case Progress():
                await self._show_progress(view)
            case HypothesisView():
                await self._show_hypothesis(view)
            case RuledOutView():
                place = await self._in_thread(view.incident, "ruled-out")
                await self._present(self._shown(place, card(view, now=self._clock.now())))
            case TimelineView():
                digest = hashlib.blake2s(view.timeline.model_dump_json().encode(), digest_size=8).hexdigest()
                place = await self._in_thread(view.incident, PICTURE)
                await self._show_pictured(view.incident, place, card(view, now=self._clock.now()), digest)
            case Answer():
                await self._show_answer(view)

    async def room(self, title: str, key: str, channel: str = "") -> Room:
        """A channel for an incident that an alert opened, once for each key. Raises PlatformError, StoreError."""
        return await self._rooms.room(title, key, channel)

    async def post_count(self, incident: str) -> int:
        """How many top-level messages of this incident stand."""
        return sum(effect.done and bool(effect.ref) for effect in await self._memory.effects(f"{TOP}{incident}:"))

    async def card_at(self, incident: Incident) -> tuple[str, str] | None:
        """(channel, ts) of the incident's card, None before it is posted."""
        kept = await self._memory.effect(self._card_key(incident))
        return reference(kept.ref) if kept is not None and kept.done and kept.ref else None

    async def release_session(self, channel: str, thread: str) -> None:
        """Takes a thread off Slack's `processing` status when nothing runs there."""
        await self._sessions.release(channel, thread)

    def _card_key(self, incident: Incident) -> str:
        return f"{REPLY if incident.thread.root else TOP}{incident.id}:card"

    async def _show_progress(self, view: Progress) -> None:
        incident = view.incident
        place = Place(self._card_key(incident), incident.thread.channel, incident.thread.root, incident.opened_at)
        running = view.state in RUNNING
        link = await self._picture(incident) if view.state in ENDED else ""
        draft, digest = drawn(card(view, now=self._clock.now(), picture=link), None)
        shown = Shown(place, draft, view.revision, digest, final=not running, running=running)
        posted = await self._present(shown)
        root = incident.thread.root or posted.ts
        if posted.fresh or posted.digest == "":
            await self._index(incident, root)
        await self._sessions.mark(posted.channel, root, view.state, incident.title)

    async def _picture(self, incident: Incident) -> str:
        """Where the verdict's picture stands, as an address; empty before it does, or if Slack would not say."""
        kept = await self._memory.effect(f"{REPLY}{incident.id}:{PICTURE}")
        if kept is None or not kept.done or not kept.ref:
            return ""
        return await permalink(self._web, *reference(kept.ref)) or ""

    async def _index(self, incident: Incident, root: str) -> None:
        key = thread_key(self._team, incident.thread.channel, root)
        await self._memory.intend(key, "")
        await self._memory.done(key, incident.id)

    async def _show_hypothesis(self, view: HypothesisView) -> None:
        place = await self._in_thread(view.incident, f"h{view.number}")
        made = card(view, now=self._clock.now())
        await self._show_pictured(view.incident, place, made, view.chart.fact.digest if view.chart else "")

    async def _show_pictured(self, incident: Incident, place: Place, made: Card, digest: str) -> None:
        """A message with its picture, which may come later by an edit; `digest` says what the picture shows."""
        if made.image is None:
            await self._present(self._shown(place, made))
            return
        picture = (incident.id, made.image, digest)
        text = self._shown(place, made)
        # Its place in the order is now: a picture that comes late never covers what was said since.
        order = next(self._order)

        def pictured(file: str) -> Shown:
            draft, digest = drawn(made, file)
            return replace(text, draft=draft, revision=order, digest=digest)

        file = await self._pictures.soon(*picture)
        await self._present(text if file is None else pictured(file))
        if file is None:
            self._pictures.later(*picture, lambda late: self._present(replace(pictured(late), final=False)))

    async def _show_answer(self, view: Answer) -> None:
        place = await self._in_thread(view.incident, f"answer:{view.key}")
        shown = self._shown(place, card(view, now=self._clock.now()))
        if view.private:
            await self._whisper(shown, view.asker)
        else:
            await self._present(shown)

    async def _in_thread(self, incident: Incident, what: str) -> Place:
        root = incident.thread.root
        if not root:
            at = await self.card_at(incident)
            if at is None:
                raise PlatformError(
                    "no_card", "The incident's card is not posted yet, so nothing can be said under it."
                )
            root = at[1]
        return Place(f"{REPLY}{incident.id}:{what}", incident.thread.channel, root, incident.opened_at)

    def _shown(self, place: Place, made: Card) -> Shown:
        """A message that stands by itself: of two states the one that was asked for later wins."""
        draft, digest = drawn(made, None)
        return Shown(place, draft, next(self._order), digest)

    async def _present(self, shown: Shown) -> Posted:
        """The message shows this state, or will. Waits for final states."""
        place = shown.place
        posted = await self._put(shown)
        if posted.fresh:
            return posted
        self._edits.shows(place.key, posted.digest)
        arrival = self._edits.offer(
            Edit(
                place.key,
                posted.channel,
                posted.ts,
                shown.revision,
                shown.digest,
                shown.draft,
                shown.final,
                shown.running,
            )
        )
        if not shown.final:
            arrival.add_done_callback(_heard)
            return posted
        try:
            await self._arrived(arrival)
        except PlatformError as error:
            if error.code != GONE:
                raise
            return await self._put(shown)
        return posted

    async def _put(self, shown: Shown) -> Posted:
        """The message as it stands, posted now if there is none."""
        posted = await self._posts.put(shown.place, shown.draft, shown.digest)
        if posted.fresh:
            self._edits.posted(shown.place.key, shown.revision, shown.digest, running=shown.running)
        return posted

    async def _arrived(self, arrival: "asyncio.Future[None]") -> None:
        """Waits for a final state, but not for ever: while Slack is away it stays wanted, and an investigation still ends."""
        arrival.add_done_callback(_heard)
        try:
            async with asyncio.timeout(FINAL_SECONDS):
                await asyncio.shield(arrival)
        except TimeoutError:
            raise PlatformError(
                UNREACHABLE, "Slack does not take the last state yet; it is sent when Slack does."
            ) from None

    async def _edit(self, edit: Edit) -> None:
        async def send(text: str, blocks: tuple[Block, ...]) -> dict[str, Any]:
            return await self._web.call_once(
                Method.EDIT,
                channel=edit.channel,
                ts=edit.ts,
                text=text,
                blocks=[{**block} for block in blocks],
                metadata=metadata(edit.key),
                unfurl_links=False,
                unfurl_media=False,
            )

        try:
            await self.dialects.deliver(edit.draft, send)
        except PlatformError as error:
            if error.code == GONE:
                # Somebody deleted it: the next state is posted anew, so that the verdict has a place.
                await self._memory.done(edit.key, "", "")
            raise
        await self._memory.done(edit.key, f"{edit.channel}:{edit.ts}", edit.digest)

    async def _whisper(self, shown: Shown, person: str) -> None:
        """Only one person sees it. Slack keeps no copy that could be found again, so after a crash it may be said twice."""
        place = shown.place
        kept = await self._memory.effect(place.key)
        if kept is not None and kept.done:
            return

        async def send(text: str, blocks: tuple[Block, ...]) -> dict[str, Any]:
            return await self._web.call(
                Method.WHISPER,
                channel=place.channel,
                user=person,
                thread_ts=place.thread or None,
                text=text,
                blocks=[{**block} for block in blocks] or None,
            )

        await self._memory.intend(place.key, shown.digest)
        answer = await self.dialects.deliver(shown.draft, send)
        await self._memory.done(place.key, f"{place.channel}:{answer.get('message_ts', '')}", shown.digest)


def _heard(arrival: "asyncio.Future[None]") -> None:
    """A queued state that was refused is said in the log and at the next `show`."""
    if not arrival.cancelled() and (error := arrival.exception()) is not None:
        log.warning("an edit did not arrive", why=str(error))
