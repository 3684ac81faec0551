"""Is what others announced kept once, replaced by its later word, and found by time, by every store alike?"""

import asyncio

import pytest

from clew import announcement
from clew.announcement import KEPT, Announcement
from clew.errors import StoreError
from clew.evidence import Change
from clew.memory import Memory

NOW = 1_700_000_000.0


def told(key: str, at: float = NOW, title: str = "", **more: str) -> Announcement:
    return Announcement(id=key, change=Change(ref=key, what="deploy", at=at, title=title), **more)


async def test_a_change_is_kept_once_and_its_later_word_counts(memory: Memory) -> None:
    assert await memory.announce((told("d1"), told("d2"))) == (2, 0)
    assert await memory.announce((told("d1"), told("d2"))) == (0, 0), "the same again changes nothing"
    assert await memory.announce((told("d1", title="with its title"), told("d3"))) == (1, 1)
    found = await memory.announced(NOW - 1, NOW + 1, 10)
    assert [(one.id, one.change.title) for one in found] == [("d1", "with its title"), ("d2", ""), ("d3", "")]
    assert await memory.announce(()) == (0, 0)


async def test_of_one_id_told_twice_at_once_the_last_counts(memory: Memory) -> None:
    assert await memory.announce((told("d1", title="a"), told("d1", title="b"))) == (1, 0)
    (only,) = await memory.announced(NOW, NOW, 10)
    assert only.change.title == "b"


async def test_changes_are_found_by_time_the_newest_first(memory: Memory) -> None:
    every = [told(f"d{n}", NOW + n, environment="production", url="https://ci.example/1") for n in range(5)]
    await memory.announce(every)
    assert await memory.announced(NOW + 1, NOW + 3, 10) == (every[3], every[2], every[1]), "equal, both ends included"
    assert [one.id for one in await memory.announced(NOW, NOW + 9, 2)] == ["d4", "d3"]
    assert await memory.announced(NOW, NOW + 9, 0) == ()
    assert await memory.announced(NOW + 9, NOW + 10, 5) == ()


async def test_a_change_that_moves_in_time_moves(memory: Memory) -> None:
    await memory.announce((told("d1", NOW),))
    await memory.announce((told("d1", NOW + 500),))
    assert await memory.announced(NOW - 1, NOW + 1, 5) == ()
    assert len(await memory.announced(NOW + 499, NOW + 501, 5)) == 1


async def test_old_ones_are_forgotten(memory: Memory) -> None:
    await memory.announce((told("old", NOW),))
    await memory.announce((told("new", NOW + KEPT + 1),))
    assert [one.id for one in await memory.announced(0.0, NOW + 2 * KEPT, 5)] == ["new"]


async def test_hostile_text_is_kept_as_text(memory: Memory) -> None:
    await memory.announce((told("k'; DROP TABLE announced; --", title="nul \0 half \u202e"),))
    (only,) = await memory.announced(NOW, NOW, 5)
    assert "DROP TABLE" in only.id


async def test_many_senders_at_once_leave_one_of_each(memory: Memory) -> None:
    batches = [[told(f"d{n}", title=str(turn)) for n in range(20)] for turn in range(6)]
    await asyncio.gather(*(memory.announce(batch if turn % 2 else batch[::-1]) for turn, batch in enumerate(batches)))
    assert len(await memory.announced(NOW, NOW, 100)) == 20


@pytest.mark.parametrize("batch", [announcement.IN_ALL + 1])
async def test_there_is_an_end_to_what_is_kept(memory: Memory, batch: int) -> None:
    many = [told(f"d{n}") for n in range(batch)]
    with pytest.raises(StoreError, match="takes no more"):
        await memory.announce(many)
    assert await memory.announced(NOW, NOW, 5) == (), "all or nothing"
