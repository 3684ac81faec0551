"""Do alerts stay with their incident, once, in every store, whoever hears them at the same time?"""

import asyncio

from clew.alert import Alert, Severity
from clew.burst import FORGOTTEN, Book, Grouping, Kept, Sorted, sorted_in
from clew.memory import Memory
from clew.progress import RunState
from tests.contracts.conftest import NOW
from tests.contracts.test_memory import card, incident
from tools.memory import SqlMemory, opened

GROUPING = Grouping(seconds=300)


def alert(name: str, *, ended: float | None = None, at: float = NOW) -> Alert:
    return Alert(
        origin="o",
        fingerprint=name,
        title=f"{name} \0 is ill",
        severity=Severity.ERROR,
        started_at=NOW - 60,
        ended_at=ended,
        told_at=at,
        place="namespace=shop",
        labels=(("service", name),),
    )


async def heard(memory: Memory, alerts: tuple[Alert, ...], at: float = NOW) -> int:
    """Sorts alerts in as the intake does, and returns how many tries it took."""
    for tries in range(1, 200):
        book = await memory.alert_book([a.id for a in alerts], at - GROUPING.seconds)
        told = sorted_in(book, alerts, at, GROUPING)
        if not told.kept or await memory.keep_alerts(book.version, told, at):
            return tries
        await asyncio.sleep(0)
    raise AssertionError("never kept")


async def test_what_is_kept_comes_back_and_a_stale_version_keeps_nothing(memory: Memory) -> None:
    assert await memory.alert_book(["x"], 0.0) == Book()
    await heard(memory, (alert("web"), alert("db")))
    book = await memory.alert_book([alert("web").id, alert("db").id, "unknown"], NOW - 1)
    assert {kept.alert.fingerprint for kept in book.known} == {"web", "db"}
    (burst,) = book.bursts
    assert (burst.total, burst.firing, burst.version, burst.shown) == (2, 2, 1, 0)
    assert await memory.burst(burst.id) == burst
    other = Sorted(kept=(Kept(incident="elsewhere", alert=alert("late")),))
    assert not await memory.keep_alerts(book.version - 1, other, NOW)
    assert (await memory.alert_book([alert("late").id], NOW)).known == ()
    assert (await memory.alert_book([], NOW)).bursts == (), "the burst is older than that"
    assert await memory.burst("none") is None


async def test_a_burst_is_unshown_until_people_saw_its_last_version(memory: Memory) -> None:
    await heard(memory, (alert("web"),))
    (burst,) = await memory.unshown_bursts()
    await memory.burst_shown(burst.id, burst.version)
    assert await memory.unshown_bursts() == ()
    await heard(memory, (alert("db"),), NOW + 1)
    (again,) = await memory.unshown_bursts()
    assert (again.version, again.shown) == (2, 1)
    await memory.burst_shown(burst.id, 1)
    assert await memory.unshown_bursts() == (again,), "an older version shown late hides nothing"


async def test_those_that_fire_come_first(memory: Memory) -> None:
    await heard(memory, (alert("first"),))
    await heard(memory, (alert("second"),), NOW + 1)
    await heard(memory, (alert("first", ended=NOW + 2, at=NOW + 2),), NOW + 2)
    (burst,) = await memory.unshown_bursts()
    assert [a.fingerprint for a in await memory.alerts_of(burst.id, 5)] == ["second", "first"]
    assert len(await memory.alerts_of(burst.id, 1)) == 1
    assert await memory.alerts_of(burst.id, 0) == ()


async def test_what_ended_a_month_ago_is_forgotten_and_what_fires_is_not(memory: Memory) -> None:
    await heard(memory, (alert("over"), alert("on")))
    await heard(memory, (alert("over", ended=NOW + 1, at=NOW + 1),), NOW + 1)
    later = NOW + FORGOTTEN + 100
    await heard(memory, (alert("new", at=later),), later)
    known = (await memory.alert_book([alert(name).id for name in ("over", "on", "new")], later)).known
    assert {kept.alert.fingerprint for kept in known} == {"on", "new"}


async def test_a_thousand_alerts_in_one_piece(memory: Memory) -> None:
    alerts = tuple(alert(f"a{i}") for i in range(1000))
    assert await heard(memory, alerts) == 1
    assert len((await memory.alert_book([a.id for a in alerts], NOW)).known) == 1000
    (burst,) = await memory.unshown_bursts()
    assert burst.total == burst.firing == burst.holding == 1000


async def test_many_at_once_make_one_burst(memory: Memory) -> None:
    await asyncio.gather(*(heard(memory, (alert(f"a{i}"),)) for i in range(20)))
    (burst,) = await memory.unshown_bursts()
    assert burst.total == 20
    assert burst.version == 20
    assert len(await memory.alerts_of(burst.id, 100)) == 20


async def test_two_stores_on_one_database_make_one_burst(url: str, sql: SqlMemory) -> None:
    async with opened(url, now=lambda: NOW) as other:
        await asyncio.gather(
            *(heard(store, (alert(f"{n}-{i}"),)) for i in range(10) for n, store in enumerate((sql, other)))
        )
        (burst,) = await sql.unshown_bursts()
        assert burst == (await other.unshown_bursts())[0]
    assert (burst.total, burst.firing) == (20, 20)


async def test_two_changes_of_one_card_are_not_merged_by_chance(memory: Memory) -> None:
    """Of two writers that both made revision 2, the second is told to look again."""
    await memory.open_incident(incident())
    assert await memory.save_progress(card(1))
    assert await memory.save_progress(card(2))
    assert await memory.save_progress(card(2)), "the same again is no conflict"
    assert not await memory.save_progress(card(2, RunState.STOPPED))
    kept = await memory.progress("i1")
    assert kept is not None
    assert kept.state is RunState.INVESTIGATING
