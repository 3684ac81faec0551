"""Are lines the same whatever their layout is, and do the few that are read of many tell the same?"""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from clew.causal.newerrors import log_clues
from clew.errors import SourceUnavailable
from clew.incident import Window
from clew.ports import Era, LogSource
from clew.tables import LogTable
from tests.contracts.stand_opensearch import fill
from tests.unit.tools.opensearch.documents import (
    ECS_FIELDS,
    FLOODED,
    LAYOUTS,
    LINES,
    MOMENT,
    NOW,
    WINDOW,
    Line,
    ecs,
    flood,
    sources,
)
from tools.outside import Outside


def told(table: LogTable) -> list[tuple[float, str, str, str, str]]:
    """Each row as the line that it was."""
    rows = zip(table.times, table.service, table.severity, table.messages, table.trace, strict=True)
    return [
        (round(float(at), 4), table.services[s], table.severities[v], text, table.traces[t] if t >= 0 else "")
        for at, s, v, text, t in rows
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_every_layout_gives_the_same_table(url: str, layout: str) -> None:
    write, fields = LAYOUTS[layout]
    await fill(url, "logs-a", fields, [write(line) for line in LINES])
    async with sources(url, log_index="logs-*") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
        health = await logs.check()
    assert told(found) == [(one.at, one.service, one.severity, one.message, one.trace) for one in LINES]
    assert (found.partial, found.dropped, len(found.stands)) == ("", 0, 0)
    assert health.ok, health


async def test_a_field_of_ones_own_wins(url: str) -> None:
    documents = [{**ecs(line), "owner": "team-" + line.service, "what": line.message} for line in LINES]
    await fill(url, "logs-a", {**ECS_FIELDS, "owner": {"type": "keyword"}}, documents)
    async with sources(url, log_index="logs-*", service_field="owner", message_field="what") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
    assert sorted(found.services) == ["team-db", "team-payments", "team-web"]


async def test_many_lines_of_one_moment_are_all_read_once(url: str) -> None:
    lines = [Line(NOW - 100, "web", "INFO", f"line {i}") for i in range(900)]
    lines += [Line(NOW - 90 + i / 100, "web", "INFO", f"later {i}") for i in range(500)]
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in lines])
    async with sources(url, log_index="logs-*") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
    assert sorted(found.messages) == sorted(line.message for line in lines)
    assert found.partial == ""


@pytest.mark.parametrize("errors", [0.01, 0.2], ids=["loud lines fit", "too many loud lines"])
async def test_few_rows_of_many_lines_tell_the_same(url: str, errors: float) -> None:
    lines = flood(12_000, errors)
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in lines])
    every, few = Outside(now=lambda: NOW, seconds=100.0), Outside(now=lambda: NOW, seconds=100.0)
    async with sources(url, every, log_index="logs-*", lines=50_000, megabytes=100) as (logs,):
        whole = await cast(LogSource, logs).lines(FLOODED)
    async with sources(url, few, log_index="logs-*", lines=600) as (logs,):
        stands = await cast(LogSource, logs).lines(FLOODED)
    assert len(whole) == len(lines)
    assert len(stands) < 1_200
    assert stands.partial == "", "a sample that stands for all is no part"
    assert int(stands.weights.sum()) == pytest.approx(len(lines), rel=0.002)
    assert every.usage.of(logs.name).received >= 10 * few.usage.of(logs.name).received
    assert news(stands) == news(whole), "the same new errors, as many lines, first seen at the same time"
    assert [clue for clue, *_ in news(whole)] == ["payments", "web"]
    assert not gone(stands)


def news(table: LogTable) -> list[tuple[str, str, int, float]]:
    clues = [clue for clue in log_clues(table, LogTable.empty(), MOMENT) if clue.clue.channel == "new errors"]
    return [(one.service, one.template, one.count, round(one.first or 0, 3)) for one in clues]


def gone(table: LogTable) -> list[str]:
    return [one.template for one in log_clues(table, LogTable.empty(), MOMENT) if one.clue.channel == "gone"]


async def test_what_is_no_longer_written_is_seen_among_many_lines(url: str) -> None:
    lines = [one for one in flood(6_000, 0.01) if "heartbeat" not in one.message or one.at < NOW - 900]
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in lines])
    async with sources(url, log_index="logs-*", lines=400) as (logs,):
        found = await cast(LogSource, logs).lines(FLOODED)
        again = await cast(LogSource, logs).lines(FLOODED)
    assert told(again) == told(found), "samples are drawn the same way each time"
    assert gone(found) == ["heartbeat <num> ok"]


async def test_only_what_the_scope_allows_is_read_searched_and_counted(url: str) -> None:
    documents = [{**ecs(line), "namespace": "shop" if line.service == "web" else "bank"} for line in LINES]
    await fill(url, "logs-a", {**ECS_FIELDS, "namespace": {"type": "keyword"}}, documents)
    async with sources(url, log_index="logs-*", only={"namespace": "shop"}) as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
        facts = await cast(LogSource, logs).search("", "", WINDOW)
    assert found.services == ("web",)
    assert {fact.payload.service for fact in facts} == {"web"}
    assert all('"namespace":{"value":"shop"}' in fact.query for fact in facts)


async def test_an_index_that_vanished_is_no_empty_answer(url: str) -> None:
    for index in ("logs-gone", "logs-gone-*"):
        async with sources(url, log_index=index) as (logs,):
            with pytest.raises(SourceUnavailable, match=r"no such index.*is still there"):
                await cast(LogSource, logs).lines(WINDOW)
            health = await logs.check()
        assert not health.ok
        assert health.without


async def test_times_that_cannot_have_lines_are_not_asked_for(url: str) -> None:
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in LINES])
    async with sources(url, log_index="logs-*") as (logs,):
        source = cast(LogSource, logs)
        assert len(await source.lines(Window(start=NOW + 10, end=NOW + 20))) == 0
        assert len(await source.lines(Window(start=NOW - 600, end=NOW + 900))) == len(LINES), "up to now"
        assert len(await source.lines(WINDOW, Era.NORMAL)) == 0, "there is no reference unless one is set"
    async with sources(url, log_index="logs-*", normal_offset_seconds=3600) as (logs,):
        later = Window(start=WINDOW.start + 3600, end=WINDOW.end + 3600)
        assert len(await cast(LogSource, logs).lines(later, Era.NORMAL)) == len(LINES)
    async with sources(url, log_index="logs-*", history_seconds=600) as (logs,):
        short = Window(start=NOW - 150, end=NOW)
        assert len(await cast(LogSource, logs).lines(short)) == len(LINES), "with the history before it"


async def test_text_is_redacted_and_cut(url: str) -> None:
    secret = "pass" + "word=" + "hunter2-hunter2"
    lines = [replace(LINES[0], message=secret), replace(LINES[1], message="x " * 20_000)]
    await fill(url, "logs-a", ECS_FIELDS, [ecs(line) for line in lines])
    async with sources(url, log_index="logs-*") as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
        facts = await cast(LogSource, logs).search("", "", WINDOW)
    assert "hunter2" not in repr(found.messages) + "".join(fact.model_dump_json() for fact in facts)
    assert max(map(len, found.messages)) <= 8_000
    assert (np.diff(found.times) >= 0).all()


async def test_warnings_too_many_to_read_are_counted_beside_errors_that_are_read(url: str) -> None:
    noisy = [Line(NOW - 600 + i / 5, "web", "WARN", f"slow query took {i} ms") for i in range(1_500)]
    wrong = [Line(NOW - 300 + i, "db", "ERROR", f"disk {i} failed") for i in range(20)]
    bare = [{"@timestamp": ecs(noisy[0])["@timestamp"], "message": "no one said how bad this is"}]
    await fill(url, "logs-a", ECS_FIELDS, [*(ecs(line) for line in (*noisy, *wrong)), *bare])
    async with sources(url, log_index="logs-*", lines=500) as (logs,):
        found = await cast(LogSource, logs).lines(WINDOW)
    weight = {name: int(found.weights[found.severity == code].sum()) for code, name in enumerate(found.severities)}
    assert weight == {"WARN": 1_500, "ERROR": 20, "": 1}
    assert sorted(text for text in found.messages if "disk" in text) == sorted(line.message for line in wrong)
