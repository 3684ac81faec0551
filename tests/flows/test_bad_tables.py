"""What does an investigation say of tables as they really come: in disorder, with holes, without a past, with clocks that disagree?

Whatever comes in, a report comes out, no step is lost on the way, and what could not be judged is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest

from agents import specialists
from agents.desk import Desk
from agents.investigation import investigation
from clew.causal.analysis import analyse
from clew.deps import Deps
from clew.evidence import Change
from clew.hypothesis import Gap, Report, Verdict
from clew.incident import Signal, Symptom, Window
from clew.limits import Limits
from clew.tables import CallGraph, ChangeTable, Floats, Ints, LogTable, Matrix, Spans, Tables
from clew.testing import DictMemory, FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, FrozenClock
from tests.flows.story import ALERT, BEGIN, CHANGES, END, GRAPH, ONSET, incident, lines, matrix

SYMPTOM = Symptom(service="checkout", signal=Signal.LATENCY, metric="latency-p99")
LIMITS = Limits(rounds=1, source_seconds=20.0)


def spans(sick: bool = True) -> Spans:
    """One trace every 10 s: web calls checkout, checkout calls payments; checkout itself takes 0.4 s longer from the onset on."""
    rng = np.random.default_rng(5)
    starts = np.arange(BEGIN, END, 10.0)
    slow = np.where((starts >= ONSET) & sick, 0.4, 0.0)
    took = np.stack((0.12 + slow, 0.1 + slow, np.full(len(starts), 0.03)), axis=1)
    took *= 1 + rng.normal(0, 0.03, took.shape)
    rows = np.arange(3 * len(starts), dtype=np.int32)
    return Spans(
        trace=rows // 3,
        parent=np.where(rows % 3 == 0, -1, rows - 1).astype(np.int32),
        service=np.tile(np.array([0, 1, 2], dtype=np.int32), len(starts)),
        operation=np.tile(np.array([0, 1, 2], dtype=np.int32), len(starts)),
        start=(starts[:, None] + np.array([0.0, 0.01, 0.02])).reshape(-1),
        duration=took.reshape(-1),
        error=np.zeros(len(rows), dtype=np.bool_),
        traces=tuple(f"t{i}" for i in range(len(starts))),
        services=("web", "checkout", "payments"),
        operations=("GET /", "POST /checkout", "charge"),
    )


WELL = Tables(
    matrix=matrix(),
    lines=lines(),
    normal_lines=lines(sick=False),
    spans=spans(),
    changes=ChangeTable(CHANGES, "repository"),
    graph=GRAPH,
)


@dataclass(frozen=True)
class World:
    """Tables with one thing wrong. `says` is what some gap has to say; empty where nothing is lost and nothing is to be said."""

    name: str
    tables: Tables
    says: str = ""
    alert: float = ALERT
    first: str = "checkout"
    """Who must come first; empty where nobody can know."""

    @property
    def window(self) -> Window:
        return Window(start=min(BEGIN, self.alert - 3600.0), end=max(END, self.alert + 900.0))


def measured(times: Floats | None = None, values: Floats | None = None, **parts: Any) -> Tables:
    """The well tables with other times or values in their metrics."""
    table = WELL.matrix
    times, values = table.times if times is None else times, table.values if values is None else values
    return replace(WELL, matrix=Matrix(times, table.keys, values), **parts)


def columns(keep: np.ndarray[Any, Any], table: Matrix = WELL.matrix) -> Matrix:
    """Some columns of the metrics, in the order given."""
    return Matrix(table.times[keep], table.keys, table.values[:, keep])


def rows(keep: Iterable[int]) -> Matrix:
    table = WELL.matrix
    chosen = list(keep)
    return Matrix(table.times, tuple(table.keys[row] for row in chosen), table.values[chosen])


def traced(**columns_: Any) -> Tables:
    return replace(WELL, spans=replace(WELL.spans, **columns_))


def ahead(service: int, seconds: float) -> Floats:
    """Start times with one service's clock ahead."""
    return np.where(WELL.spans.service == service, WELL.spans.start + seconds, WELL.spans.start)


def shuffled(table: LogTable, order: np.ndarray[Any, Any]) -> LogTable:
    return replace(
        table,
        times=table.times[order],
        service=table.service[order],
        severity=table.severity[order],
        trace=table.trace[order],
        messages=tuple(table.messages[row] for row in order),
    )


def half_names() -> Matrix:
    """Metrics whose names hold half a character, as JSON may."""
    table = WELL.matrix
    return Matrix(table.times, tuple(replace(k, metric=f"{k.metric} \ud800") for k in table.keys), table.values)


def half(change: Change) -> Change:
    return change.model_copy(update={"title": f"{change.title} \ud800", "files": ("\udfff.py",)})


def dark(service: str, since: float) -> Floats:
    """Nothing measured of a service from then on."""
    mine = np.array([key.service == service for key in WELL.matrix.keys])
    return np.where(mine[:, None] & (WELL.matrix.times >= since), np.nan, WELL.matrix.values)


def lines_of(keep: Any) -> dict[str, LogTable]:
    """Some lines of the incident, and none to compare them with."""
    return {"lines": shuffled(WELL.lines, np.flatnonzero(keep)), "normal_lines": LogTable.empty()}


def calls(*edges: str) -> Tables:
    """The well tables with another call graph."""
    pairs = (edge.split(">") for edge in edges)
    return replace(WELL, graph=CallGraph(tuple((caller, callee) for caller, callee in pairs)))


def spiked(*spikes: tuple[slice, float]) -> Tables:
    values = WELL.matrix.values.copy()
    for where, what in spikes:
        values[:, where] = what
    return measured(values=values)


def counters() -> Matrix:
    """Every series as a counter that starts again at zero twice."""
    table = WELL.matrix
    sums = np.cumsum(np.abs(table.values), axis=1)
    for at in (90, 190):
        sums[:, at:] -= sums[:, at : at + 1]
    return Matrix(table.times, tuple(replace(key, metric=f"{key.metric}_total") for key in table.keys), sums)


def ring(count: int) -> CallGraph:
    """One strongly connected component: a ring with chords, the four services of the story in it."""
    names = ["web", "checkout", "cart", "payments", *(f"s{i}" for i in range(count))]
    edges = [(names[i], names[(i + 1) % len(names)]) for i in range(len(names))]
    edges += [(names[i], names[(7 * i + 3) % len(names)]) for i in range(len(names))]
    return CallGraph(tuple(dict.fromkeys(edges)))


def long_names() -> Matrix:
    table = WELL.matrix
    keys = (replace(k, metric=f"{k.metric} {'x' * 10_000}", instance="i" * 10_000) for k in table.keys)
    return Matrix(table.times, tuple(keys), table.values)


TIMES, VALUES = WELL.matrix.times, WELL.matrix.values
ORDER = np.random.default_rng(3).permutation(len(TIMES))
LINES = np.random.default_rng(4).permutation(len(WELL.lines))
THIRD = np.arange(len(WELL.spans)) % 3 == 0
NONE: Ints = np.full(len(WELL.spans), -1, dtype=np.int32)
CHECKOUT = [row for row, key in enumerate(WELL.matrix.keys) if key.service == "checkout"]
LATE = slice(int(np.searchsorted(TIMES, ONSET)), None)
UNDATED = np.where(LINES % 5 == 0, np.nan, WELL.lines.times)
HALVES = tuple(f"{message} \ud800" for message in WELL.lines.messages)
BEYOND = "are infinite or beyond 1e150"
QUIET = matrix(sick=False)


def measured_from(start: float) -> Tables:
    """The well tables without metrics from before."""
    return replace(WELL, matrix=columns(np.flatnonzero(start <= TIMES)))


WORLDS = (
    World("well", WELL),
    World("doubled times", measured(np.repeat(TIMES, 2), np.repeat(VALUES, 2, axis=1))),
    World("unordered times", measured(TIMES[ORDER], VALUES[:, ORDER])),
    World("unordered lines", replace(WELL, lines=shuffled(WELL.lines, LINES))),
    World("times that are none", measured(np.where(np.arange(len(TIMES)) % 9 == 0, np.nan, TIMES)), "times are no time"),
    World("lines without a time", replace(WELL, lines=replace(WELL.lines, times=UNDATED)), "lines carry no time"),
    World("counters that reset", replace(WELL, matrix=counters())),
    World("constant series", measured(values=np.ones_like(VALUES))),
    World("series of nothing", measured(values=np.full_like(VALUES, np.nan)), "none of 13 series holds a sample"),
    World("one service without a sample", measured(values=dark("cart", 0.0)), "none of cart does"),
    World("a service that goes dark", measured(values=dark("cart", ONSET - 300)), "none of cart does"),
    World("infinite values", spiked((slice(0, None, 7), np.inf), (slice(3, None, 11), -np.inf)), BEYOND),
    World("values of 1e308", spiked((slice(0, None, 7), 1e308), (slice(1, None, 7), -1e308)), BEYOND),
    World("everything at 1e308", measured(values=VALUES * (1e308 / np.abs(VALUES).max())), BEYOND),
    World("the incident at 1e308", spiked((LATE, 1e308)), BEYOND),
    World("one service only", Tables(matrix=rows(CHECKOUT)), "only checkout was measured"),
    World("no call graph", replace(WELL, graph=CallGraph()), "who calls whom is not known"),
    World("self loops", calls("checkout>checkout", "web>web", "web>checkout")),
    World("calls in pairs", calls("checkout>web", "web>checkout", "checkout>payments", "payments>checkout")),
    World("1500 services in one ring", replace(WELL, graph=ring(1500))),
    World("30 s apart", replace(WELL, matrix=columns(np.arange(0, len(TIMES), 2)))),
    World("5 min apart", replace(WELL, matrix=columns(np.arange(0, len(TIMES), 20))), "samples are 5 min apart"),
    World("a past of two minutes", measured_from(ONSET - 120), "samples (2 min) from before the trouble"),
    World("no past", measured_from(ONSET + 30), "from before the trouble"),
    World("lines without a past", replace(WELL, **lines_of(WELL.lines.times >= ONSET)), "no line from before the trouble"),
    World("lines that end early", replace(WELL, **lines_of(WELL.lines.times < ONSET - 300)), "lines is of"),
    World("metrics that end early", replace(WELL, matrix=columns(np.flatnonzero(TIMES < ONSET - 300))), "before the alert"),
    World("an alert long after", WELL, "before the alert", ALERT + 30 * 86400.0, first=""),
    World("an alert long before", WELL, "no sample from before the trouble", ALERT - 30 * 86400.0, first=""),
    World("names of 10 kB", replace(WELL, matrix=long_names())),
    World("half a character in names", replace(WELL, matrix=half_names())),
    World("half a character in lines", replace(WELL, lines=replace(WELL.lines, messages=HALVES))),
    World("half a character in changes", replace(WELL, changes=ChangeTable(tuple(map(half, CHANGES))))),
    World("whole numbers", measured(values=cast(Floats, np.round(VALUES * 1000).astype(np.int64)))),
    World("nothing at all", Tables(), first=""),
    World("a graph alone", Tables(graph=GRAPH), first=""),
    World("a callee's clock ahead", traced(start=ahead(1, 30.0)), "spans of checkout begin 30 s after the calls of web were over"),
    World("a caller's clock ahead", traced(start=ahead(0, 30.0)), "spans of checkout begin 30 s before the calls of web"),
    World("spans that end before they start", traced(duration=np.where(THIRD, -1.0, WELL.spans.duration)), "an impossible duration"),
    World("spans that never end", traced(duration=np.where(THIRD, np.inf, WELL.spans.duration)), "an impossible duration"),
    World("spans of 1e308 s", traced(duration=np.where(THIRD, 1e308, WELL.spans.duration)), "an impossible duration"),
    World("spans that never start", traced(start=np.where(THIRD, np.nan, WELL.spans.start)), "have no start"),
    World("parents that are missing", traced(parent=NONE)),
    World("parents beyond the table", traced(parent=np.where(THIRD, 10**6, -7).astype(np.int32))),
    World("spans that are their own parents", traced(parent=np.arange(len(NONE), dtype=np.int32))),
    World("parents in a ring", traced(parent=np.roll(np.arange(len(NONE), dtype=np.int32), 1))),
    World("spans that end early", replace(WELL, spans=Spans.empty(), normal_spans=WELL.spans)),
)  # fmt: skip


async def investigated(world: World) -> Report:
    """The product's own graph over these tables, one round, without a chat."""
    tables = world.tables
    sources = (
        FakeMetrics(name="m", table=tables.matrix, normal=tables.normal_matrix),
        FakeLogs(name="l", table=tables.lines, normal=tables.normal_lines),
        FakeTraces(name="t", table=tables.spans, normal=tables.normal_spans),
        FakeChanges(name="c", table=tables.changes),
        FakeGraph(name="g", table=tables.graph),
    )
    opened = incident().model_copy(update={"alerted_at": world.alert, "symptom": SYMPTOM, "window": world.window})
    memory = DictMemory()
    await memory.open_incident(opened)
    desk = Desk.of(Deps(sources, memory, FrozenClock(world.alert + 900.0), LIMITS))
    graph = investigation(specialists(), LIMITS, None)
    try:
        ended = await graph.ainvoke({"incident": opened, "started_at": world.alert}, context=desk)
    finally:
        await desk.close()
    return cast(Report, cast(Mapping[str, Any], ended)["report"])


def told(gaps: Iterable[Gap]) -> str:
    return "\n".join(f"{gap.source}: {gap.reason}; {gap.effect}" for gap in gaps)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
async def test_a_report_comes_out_and_says_what_could_not_be_judged(world: World) -> None:
    report = await investigated(world)
    assert report.verdict is not Verdict.HEALTHY
    assert not [gap for gap in report.gaps if "failed (" in gap.reason], told(report.gaps)
    assert report.model_dump_json(), "a report that cannot be written down is lost"
    assert all(gap.effect and len(gap.reason) <= 200 for gap in report.gaps)
    if world.says:
        assert world.says in told(report.gaps)
    if world.first:
        assert report.ranking[0] == world.first
    if not world.tables.matrix.keys:
        assert report.verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_pure_call_ranks_bad_tables_as_well(world: World) -> None:
    ranking = analyse(world.tables, world.alert, SYMPTOM)
    assert not ranking.healthy
    if world.first:
        assert ranking.services[0] == world.first


async def test_well_tables_leave_nothing_to_be_said() -> None:
    assert told((await investigated(World("well", WELL))).gaps) == ""


def quiet(**parts: Any) -> Tables:
    """Nothing is wrong in these metrics."""
    return Tables(matrix=QUIET, graph=GRAPH, **parts)


async def test_a_quiet_system_is_healthy_as_long_as_it_is_measured() -> None:
    assert (await investigated(World("quiet", quiet()))).verdict is Verdict.HEALTHY


@pytest.mark.parametrize("partial", ["lines", "spans", "matrix"])
async def test_nothing_is_healthy_while_a_part_of_it_was_not_seen(partial: str) -> None:
    tables = quiet(lines=lines(sick=False), spans=spans(sick=False))
    assert (await investigated(World("whole", tables))).verdict is Verdict.HEALTHY
    cut = replace(getattr(tables, partial), partial="2 of 5 shards did not answer")
    report = await investigated(World("cut", replace(tables, **{partial: cut})))
    assert report.verdict is Verdict.NOT_FOUND
    assert "2 of 5 shards did not answer" in told(report.gaps)


def ending(seconds: float) -> Matrix:
    """Quiet metrics whose last sample is so long before the alert."""
    return columns(np.flatnonzero(ALERT - seconds >= TIMES), QUIET)


def thin(samples: int) -> Matrix:
    """Quiet metrics that hold so few samples from before."""
    first = int(np.searchsorted(TIMES, ALERT - 75.0)) - samples
    return columns(np.arange(first, len(TIMES)), QUIET)


def without(*services: str) -> Matrix:
    """Quiet metrics in which nothing of some services was measured around the alert."""
    out = QUIET.values.copy()
    for row, key in enumerate(QUIET.keys):
        if key.service in services:
            out[row, TIMES > ALERT - 200.0] = np.nan
    return Matrix(TIMES, QUIET.keys, out)


@pytest.mark.parametrize(
    "bad",
    [ending(40.0), ending(120.0), ending(1200.0), thin(0), thin(3), without("", "checkout")],
    ids=[
        "ends 40 s before",
        "ends 2 min before",
        "ends 20 min before",
        "no past",
        "3 samples",
        "alerting service dark",
    ],
)
async def test_health_never_comes_from_what_was_not_measured(bad: Matrix) -> None:
    world = World("bad", Tables(matrix=bad, graph=GRAPH))
    report = await investigated(world)
    assert report.verdict is Verdict.NOT_FOUND
    assert [gap for gap in report.gaps if gap.source == "metrics"], "the reader must learn why nothing can be said"


async def test_a_flood_of_lines_that_are_all_different_is_read_in_bounded_time() -> None:
    """Fewer than the million that were measured (14 s of a processor, 0.7 GB; a reader stops at 200,000): cost grows with the lines."""
    count = 60_000
    rng = np.random.default_rng(9)
    words = rng.integers(0, 26, (count, 12), dtype=np.uint8) + ord("a")
    noise = words.tobytes().decode("ascii")
    text = [f"job {noise[12 * i : 12 * i + 6]} left {noise[12 * i + 6 : 12 * i + 12]}" for i in range(count)]
    story = WELL.lines
    times = np.concatenate((story.times, np.sort(rng.uniform(BEGIN, END, count))))
    order, messages = np.argsort(times, kind="stable"), (*story.messages, *text)
    column = np.zeros(count, dtype=np.int32)
    flood = replace(
        story,
        times=times[order],
        service=np.concatenate((story.service, column + 2))[order],
        severity=np.concatenate((story.severity, column))[order],
        trace=np.concatenate((story.trace, column - 1))[order],
        messages=tuple(messages[row] for row in order),
    )
    report = await investigated(World("flood", replace(WELL, lines=flood)))
    assert not report.gaps, told(report.gaps)
    assert report.ranking[0] == "checkout"
    assert report.changes[0] == "4f2c1a9"
