"""Does one failing edit leave the others alone?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from bot.slack.blocks import Dialect
from bot.slack.edits import Edit, Edits, Pace
from bot.slack.rendering import Draft
from bot.slack.shapes import Message
from bot.slack.web import Limited
from clew.errors import PlatformError, StoreError
from clew.testing import FrozenClock


def nothing(dialect: Dialect, file: str | None) -> Message:
    return Message(text=dialect.value, blocks=())


def edit(key: str, revision: int, *, final: bool = True) -> Edit:
    return Edit(key, "C1", "1.0", revision, f"{key}@{revision}", Draft(nothing), final=final)


class Outside:
    """What Slack would do with each edit, in order; then it takes all."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self._outcomes = list(outcomes)
        self.taken: list[str] = []

    async def send(self, wanted: Edit) -> None:
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if outcome is not None:
            raise outcome
        self.taken.append(wanted.digest)


@asynccontextmanager
async def sending(outside: Outside, clock: FrozenClock) -> AsyncGenerator[Edits]:
    edits = Edits(outside.send, clock, Pace(3.0, 1.5, 40))
    task = asyncio.create_task(edits.run())
    try:
        yield edits
        assert not task.done(), "the sender lives on"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_mistake_of_ours_fails_its_own_edit_only() -> None:
    outside = Outside(KeyError("a field"))
    async with sending(outside, FrozenClock()) as edits:
        with pytest.raises(PlatformError, match="could not be made"):
            await edits.offer(edit("a", 1))
        await edits.offer(edit("b", 1))
    assert outside.taken == ["b@1"]


async def test_what_may_pass_later_is_sent_later() -> None:
    outside = Outside(StoreError("disk full"), PlatformError("unreachable", "no route"), Limited("chat.update", 30.0))
    clock = FrozenClock()
    async with sending(outside, clock) as edits:
        await edits.offer(edit("a", 1))
    assert outside.taken == ["a@1"]
    assert clock.monotonic() >= 30.0


async def test_while_slack_asks_for_patience_a_newer_state_replaces_the_older() -> None:
    outside = Outside(Limited("chat.update", 60.0))
    clock = FrozenClock()
    async with sending(outside, clock) as edits:
        older = edits.offer(edit("a", 1, final=False))
        newer = edits.offer(edit("a", 2))
        await asyncio.gather(older, newer)
    assert outside.taken == ["a@2"]


async def test_an_older_state_never_follows_a_newer_one() -> None:
    outside = Outside()
    async with sending(outside, FrozenClock()) as edits:
        await edits.offer(edit("a", 5))
        await edits.offer(edit("a", 4))
        await edits.offer(edit("a", 6))
    assert outside.taken == ["a@5", "a@6"]


async def test_a_state_that_is_on_its_way_is_not_sent_twice() -> None:
    outside = Outside()
    async with sending(outside, FrozenClock()) as edits:
        first = edits.offer(edit("a", 1))
        await asyncio.sleep(0)
        await asyncio.gather(first, edits.offer(edit("a", 1)))
        await edits.offer(edit("a", 2))
    assert outside.taken == ["a@1", "a@2"]


async def test_final_states_go_first_when_many_wait() -> None:
    outside = Outside()
    clock = FrozenClock()
    edits = Edits(outside.send, clock, Pace(3.0, 1.5, 40))
    waiting = [edits.offer(edit(f"running{n}", 1, final=False)) for n in range(5)]
    waiting.append(edits.offer(edit("done", 1)))
    task = asyncio.create_task(edits.run())
    await asyncio.gather(*waiting)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert outside.taken[0] == "done@1"


async def test_a_state_that_was_refused_does_not_keep_the_next_from_being_shown() -> None:
    outside = Outside(KeyError("a field"), PlatformError("msg_too_long", "too long"))
    async with sending(outside, FrozenClock()) as edits:
        for revision in (1, 2):
            with pytest.raises(PlatformError):
                await edits.offer(edit("a", revision))
        await edits.offer(edit("a", 3))
    assert outside.taken == ["a@3"]


async def test_a_refusal_of_the_place_is_not_tried_again() -> None:
    outside = Outside(PlatformError("is_archived", "archived"))
    async with sending(outside, FrozenClock()) as edits:
        for revision in (1, 2):
            with pytest.raises(PlatformError, match="archived"):
                await edits.offer(edit("a", revision))
    assert outside.taken == []
