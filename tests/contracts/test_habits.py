"""Is what is usual kept the same by the dictionary, SQLite and Postgres, and within its bounds?"""

import asyncio

from clew.habit import KEPT, PER_SERVICE, Habit, habit_id
from clew.memory import Memory

DAY = 24 * 3600.0
NOW = 1_700_000_000.0


def habit(template: str, at: float = NOW, per_hour: float = 4.0, service: str = "pay") -> Habit:
    key, scope = habit_id("logs", service, template), habit_id("logs", service)
    return Habit(id=key, scope=scope, latest=at, calm=at, per_hour=per_hour, looks=1)


async def kept(memory: Memory, *told: Habit) -> tuple[Habit, ...]:
    return await memory.habits([one.id for one in told])


async def test_what_was_learned_is_found_and_the_rest_is_left_out(memory: Memory) -> None:
    one, other = habit("card declined"), habit("retry")
    await memory.learn((one,))
    await memory.learn(())
    assert await kept(memory, other, one, one) == (one,)
    assert await memory.habits(()) == ()


async def test_later_incidents_add_to_it_and_the_same_one_does_not(memory: Memory) -> None:
    first, again, later = habit("x"), habit("x", per_hour=99.0), habit("x", NOW + DAY, 8.0)
    await memory.learn((first,))
    await memory.learn((again, habit("y")))
    assert await kept(memory, first) == (first,)
    await memory.learn((later,))
    assert await kept(memory, first) == (first.after(later),)
    assert first.after(later).per_hour == 6.0


async def test_one_service_cannot_push_out_its_own_or_others_habits(memory: Memory) -> None:
    ours, theirs = habit("ours"), habit("theirs", service="cart")
    await memory.learn((ours, theirs))
    flood = [habit(f"planted {number}", NOW + DAY) for number in range(PER_SERVICE + 100)]
    await memory.learn(flood)
    found = await kept(memory, *flood)
    assert len(found) == PER_SERVICE - 1
    assert {one.id for one in found} == {one.id for one in flood[: PER_SERVICE - 1]}
    assert await kept(memory, ours, theirs) == tuple(sorted((ours, theirs), key=lambda one: one.id))
    await memory.learn((habit("ours", NOW + 2 * DAY), habit("late", service="cart")))
    assert len(await kept(memory, ours, habit("late", service="cart"))) == 2, (
        "what stands still learns, others have room"
    )


async def test_what_nobody_confirms_is_forgotten(memory: Memory) -> None:
    old, new = habit("old"), habit("new", NOW + KEPT + 1)
    await memory.learn((old,))
    await memory.learn((new,))
    assert await kept(memory, old, new) == (new,)


async def test_many_incidents_may_teach_at_once(memory: Memory) -> None:
    told = [[habit(f"t{number}", NOW + turn * DAY) for number in range(20)] for turn in range(8)]
    await asyncio.gather(*(memory.learn(part if turn % 2 else part[::-1]) for turn, part in enumerate(told)))
    found = await kept(memory, *told[0])
    assert len(found) == 20
    assert all(1 <= one.looks <= 8 for one in found)
