"""Do the dictionary, SQLite and Postgres keep the same promises?"""

import asyncio
import signal
import socket
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from clew.errors import Misconfigured, StoreError
from clew.evidence import Asked, Call, Evidence, Note, Series, evidence
from clew.feedback import RejectReason, Vote
from clew.incident import Incident, Thread, Window
from clew.memory import Memory
from clew.progress import Progress, RunState
from tools.memory import SqlMemory, opened
from tools.memory.schema import METADATA
from tools.memory.store import address

ROOT = Path(__file__).parents[2]
NOW = 1_700_000_000.0


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def incident(name: str = "i1", channel: str = "C1", opened_at: float = NOW) -> Incident:
    window = Window(start=NOW - 3600, end=NOW)
    thread = Thread(platform="chat", team="T1", channel=channel)
    return Incident(
        id=name, title="p99 up", thread=thread, alerted_at=NOW, window=window, opened_by="U1", opened_at=opened_at
    )


def card(revision: int, state: RunState = RunState.INVESTIGATING, of: Incident | None = None) -> Progress:
    return Progress(incident=of or incident(), revision=revision, state=state, steps=(), updated_at=NOW + revision)


def fact(text: str) -> Evidence:
    asked = Asked(source="s", call=Call(method="m"), query="q", window=Window(start=0.0, end=1.0))
    return evidence(asked, Note(text=text), text, taken_at=NOW)


def word(agree: bool = True, by: str = "U1", at: float = NOW, reason: RejectReason | None = None) -> Vote:
    return Vote(incident="i1", hypothesis="h1", by=by, agree=agree, reason=reason, at=at)


async def test_a_delivery_is_admitted_once_and_open_until_settled(memory: Memory) -> None:
    assert await memory.admit("b", "second", NOW + 1)
    assert await memory.admit("a", "first", NOW)
    assert not await memory.admit("a", "other body", NOW + 2)
    assert await memory.unsettled() == (("a", "first"), ("b", "second"))
    await memory.settle("a")
    assert await memory.unsettled() == (("b", "second"),)
    assert not await memory.admit("a", "again", NOW + 3), "a settled key is remembered"
    await memory.settle("never admitted")


async def test_an_incident_is_opened_once_and_found_by_its_channel(memory: Memory) -> None:
    assert await memory.incident("i1") is None
    assert await memory.open_incident(incident())
    assert not await memory.open_incident(incident(channel="other"))
    assert await memory.open_incident(incident("i2", opened_at=NOW + 5))
    assert await memory.incident("i1") == incident()
    newest = await memory.incident_in("chat", "T1", "C1")
    assert newest is not None
    assert newest.id == "i2"
    assert await memory.incident_in("chat", "T2", "C1") is None


async def test_an_older_card_never_replaces_a_newer_one(memory: Memory) -> None:
    await memory.open_incident(incident())
    assert await memory.progress("i1") is None
    assert await memory.save_progress(card(2))
    assert not await memory.save_progress(card(1))
    kept = await memory.progress("i1")
    assert kept is not None
    assert kept.revision == 2
    assert await memory.save_progress(
        card(
            3, of=incident().model_copy(update={"thread": Thread(platform="chat", team="T1", channel="C1", root="9.1")})
        )
    )
    found = await memory.incident("i1")
    assert found is not None
    assert found.thread.root == "9.1", "the incident follows its card"


async def test_what_is_unfinished_is_taken_up_again(memory: Memory) -> None:
    for number, state in enumerate((None, RunState.RECHECKING, RunState.DONE, RunState.STOPPED, RunState.RESOLVED)):
        one = incident(f"i{number}", opened_at=NOW + number)
        await memory.open_incident(one)
        if state is not None:
            await memory.save_progress(card(1, state, one))
    assert [i.id for i in await memory.unfinished()] == ["i0", "i1"]
    assert [p.incident.id for p in await memory.recent(2)] == ["i4", "i3"]
    assert await memory.recent(0) == ()


async def test_facts_and_hypotheses_keep_their_numbers(memory: Memory) -> None:
    await memory.open_incident(incident())
    await memory.open_incident(incident("i2"))
    assert [(await memory.keep("i1", fact(t))).number for t in ("a", "b", "a", "c")] == [1, 2, 1, 3]
    assert (await memory.keep("i2", fact("b"))).number == 1
    assert [(n.number, n.fact) for n in await memory.recall("i1")] == [(1, fact("a")), (2, fact("b")), (3, fact("c"))]
    assert await memory.recall("i9") == ()
    assert [await memory.number("i1", h) for h in ("x", "y", "x")] == [1, 2, 1]


async def test_a_fact_comes_back_equal(memory: Memory) -> None:
    await memory.open_incident(incident())
    asked = Asked(source="s", call=Call(method="m"), query="q\0 \u202e", window=Window(start=0.0, end=1.0))
    series = Series(name="p99", service="", times=(1.0, 2.0), values=(None, 1e-300), normal=float("inf"))
    await memory.keep("i1", evidence(asked, series, "says", taken_at=NOW))
    assert (await memory.recall("i1"))[0].fact == evidence(asked, series, "says", taken_at=NOW)


async def test_many_tasks_number_facts_without_gaps_or_twins(memory: Memory) -> None:
    await memory.open_incident(incident())
    numbers = await asyncio.gather(*(memory.keep("i1", fact(str(i % 10))) for i in range(30)))
    assert sorted({n.number for n in numbers}) == list(range(1, 11))
    assert len({(n.number, n.fact.id) for n in numbers}) == 10


async def test_one_voice_a_person_changeable(memory: Memory) -> None:
    await memory.open_incident(incident())
    assert await memory.vote(word())
    assert not await memory.vote(word(at=NOW + 1)), "says what stood"
    assert await memory.vote(word(by="U2", at=NOW + 2))
    assert await memory.vote(word(agree=False, at=NOW + 3, reason=RejectReason.WRONG_CAUSE))
    assert not await memory.vote(word(at=NOW + 2)), "an older word delivered late"
    ballot = await memory.ballot("h1")
    assert [(v.by, v.agree) for v in ballot.votes] == [("U2", True), ("U1", False)]
    assert ballot.rejects[0].reason is RejectReason.WRONG_CAUSE
    assert (await memory.ballot("other")).votes == ()


async def test_of_many_equal_clicks_one_counts(memory: Memory) -> None:
    await memory.open_incident(incident())
    said = await asyncio.gather(*(memory.vote(word(at=NOW + i / 100)) for i in range(12)))
    assert said.count(True) == 1
    assert len((await memory.ballot("h1")).votes) == 1


async def test_an_effect_is_intended_once_then_done(memory: Memory) -> None:
    first, second = await asyncio.gather(memory.intend("card:i1", "d1"), memory.intend("card:i1", "d2"))
    assert first == second
    assert not first.done
    await memory.done("card:i1", "ts-9")
    await memory.done("Card:i1", "ts-0", "d0")
    stands = await memory.effect("card:i1")
    assert stands is not None
    assert (stands.done, stands.ref, stands.digest) == (True, "ts-9", first.digest)
    assert await memory.intend("card:i1", "d3") == stands
    await memory.done("card:i1", "ts-9", "d4")
    await memory.done("card%i1", "x")
    assert [(e.key, e.digest) for e in await memory.effects("card:")] == [("card:i1", "d4")]
    assert [e.key for e in await memory.effects("")] == ["Card:i1", "card%i1", "card:i1"]
    assert await memory.effect("none") is None


async def test_a_lease_has_one_owner_and_a_growing_number(memory: Memory) -> None:
    assert await memory.lease("i1", "A", 30, NOW) == 1
    assert await memory.lease("i1", "B", 30, NOW + 29) is None
    assert await memory.lease("i1", "A", 30, NOW + 29) == 1, "its owner prolongs it"
    assert await memory.lease("i1", "B", 30, NOW + 40) is None
    assert await memory.lease("i1", "B", 30, NOW + 60) == 2, "over: the next owner gets a higher number"
    await memory.release("i1", "A")
    assert await memory.lease("i1", "A", 30, NOW + 61) is None, "only the owner can release"
    await memory.release("i1", "B")
    assert await memory.lease("i1", "A", 30, NOW + 62) == 3


async def test_of_many_who_want_a_lease_one_gets_it(memory: Memory) -> None:
    got = await asyncio.gather(*(memory.lease("i1", f"owner {i}", 30, NOW) for i in range(12)))
    assert [fence for fence in got if fence is not None] == [1]


async def test_what_belongs_to_no_incident_is_refused(memory: Memory) -> None:
    for verb in (
        memory.keep("i9", fact("a")),
        memory.number("i9", "h"),
        memory.vote(word()),
        memory.save_progress(card(1)),
    ):
        with pytest.raises(StoreError, match="open it first"):
            await verb


async def test_hostile_text_is_kept_or_refused_clearly(memory: Memory) -> None:
    assert await memory.admit("k", "nul \0 half \ud800 '; DROP TABLE deliveries; --", NOW)
    ((key, body),) = await memory.unsettled()
    assert key == "k"
    assert "DROP TABLE" in body


async def test_the_store_says_how_it_is(memory: Memory) -> None:
    health = await memory.check()
    assert health.ok
    assert health.says


async def test_bodies_are_purged_when_their_time_is_over(sql: SqlMemory, url: str) -> None:
    await sql.open_incident(incident())
    await sql.keep("i1", fact("the body"))
    assert await sql.purge() == 0
    async with opened(url, now=lambda: NOW + 31 * 86_400) as later:
        assert await later.purge() == 1
        assert await later.purge() == 0
        (kept,) = await later.recall("i1")
    assert kept.number == 1
    assert kept.fact.says == "the body"
    assert isinstance(kept.fact.payload, Note)
    assert "the body" not in kept.fact.payload.text


RACER = """
import asyncio, sys
from clew.feedback import Vote
from tools.memory import opened
async def main(url, me):
    async with opened(url) as memory:
        wins = [await memory.admit(f"key {i}", me, 1.0) for i in range(40)]
        leases = [await memory.lease(f"lease {i}", me, 30, 1.0) is not None for i in range(40)]
        votes = [await memory.vote(Vote(incident="i1", hypothesis=f"h{i}", by="U1", agree=True, at=1.0)) for i in range(20)]
        print(sum(wins), sum(leases), sum(votes))
asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_share_each_key_lease_and_vote_out(sql: SqlMemory, url: str) -> None:
    await sql.open_incident(incident())
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RACER, url, name, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for name in ("A", "B")
    ]
    answers = [(await racer.communicate())[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert [sum(int(answer[i]) for answer in answers) for i in range(3)] == [40, 40, 20]
    assert len(await sql.unsettled()) == 40


VICTIM = """
import asyncio, sys
from tools.memory import opened
async def main(url):
    async with opened(url) as memory:
        assert await memory.admit("the key", "the body", 1.0)
        print("admitted", flush=True)
        await asyncio.Event().wait()
asyncio.run(main(sys.argv[1]))
"""


async def test_what_was_admitted_survives_sigkill(url: str) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"admitted\n"
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    async with opened(url) as memory:
        assert await memory.unsettled() == (("the key", "the body"),)
        assert not await memory.admit("the key", "again", 2.0)


async def test_the_migrations_make_the_tables_that_the_code_uses(url: str, sql: SqlMemory) -> None:

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert (await sql.check()).ok
    engine = create_async_engine(address(url))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []


async def test_an_unreachable_or_broken_store_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        async with opened(f"postgresql://nobody@127.0.0.1:{closed_port()}/none"):
            pass
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        async with opened(f"sqlite:///{garbage}"):
            pass


@pytest.mark.parametrize("wrong", ["", "mysql://x/y", "sqlite://", "not a url"])
async def test_a_wrong_address_names_its_setting(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="CLEW_STORE__URL"):
        async with opened(wrong):
            pass


async def test_a_locked_database_is_a_store_error_not_a_hang(tmp_path: Path) -> None:
    path = tmp_path / "clew.db"
    async with opened(f"sqlite:///{path}") as memory:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StoreError):
                await memory.admit("k", "b", NOW)
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert await memory.admit("k", "b", NOW), "once the lock is gone all is well"
