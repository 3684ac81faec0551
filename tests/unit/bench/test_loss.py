"""Is the share that is lost really lost, the same one every time, and told where it should be?"""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.case import Case, case, everything
from bench.cli import app
from bench.loss import PARTS, SOURCES, UNSAID, Dice, Lost, health_table, loss_table, losses, without
from clew.errors import SourceUnavailable
from clew.incident import Window
from clew.ports import LogSource, MetricSource, Source
from clew.tables import LogTable, Matrix, Spans
from clew.testing.sources import FakeLogs, FakeTraces
from tests.unit.bench.conftest import Incident

ALL = Window(start=0.0, end=1e11)
TRUTH = {"services": ["cart"], "change": "c1"}


@pytest.fixture
def opened(incident: Incident, tmp_path: Path) -> Case:
    return case(incident(truth=TRUTH), tmp_path)


async def matrix(sources: tuple[Source, ...]) -> Matrix:
    (metrics,) = (source for source in sources if isinstance(source, MetricSource))
    return await metrics.matrix(ALL)


async def test_of_a_smaller_loss_nothing_comes_back_with_a_larger_one(opened: Case) -> None:
    whole = await matrix(opened.facts.sources)
    some = await matrix(without(opened.facts.sources, PARTS, 0.3, 1))
    fewer = await matrix(without(opened.facts.sources, PARTS, 0.6, 1))
    assert set(fewer.keys) < set(some.keys) < set(whole.keys)
    assert np.array_equal(some.values[0], whole.values[whole.keys.index(some.keys[0])])
    assert (await matrix(without(opened.facts.sources, PARTS, 0.3, 2))).keys != some.keys
    assert whole.partial == ""
    assert "30 %" in some.partial
    assert (await matrix(without(opened.facts.sources, UNSAID, 0.3, 1))).partial == ""


async def test_lines_and_whole_traces_are_lost() -> None:
    zero = np.zeros(400, dtype=np.int32)
    times = np.arange(400.0)
    lines = LogTable(times, zero, zero, zero - 1, ("x",) * 400, ("web",), ("INFO",), ())
    trace = np.repeat(np.arange(200, dtype=np.int32), 2)
    parent = np.where(np.arange(400) % 2, np.arange(400) - 1, -1).astype(np.int32)
    names = tuple(f"t{i}" for i in range(200))
    spans = Spans(trace, parent, zero, zero, times, times + 1, zero > 0, names, ("web",), ("op",))
    found = await everything(without((FakeLogs(table=lines), FakeTraces(table=spans)), PARTS, 0.5, 7), ALL)
    assert 120 < len(found.lines) < 280
    assert len(found.lines.messages) == len(found.lines)
    assert "50 %" in found.lines.partial
    assert 120 < len(found.spans) < 280
    _, counts = np.unique(found.spans.trace, return_counts=True)
    assert set(counts.tolist()) == {2}, "a trace is lost as a whole"
    assert "50 %" in found.spans.partial


async def test_a_source_that_is_down_says_so(opened: Case) -> None:
    down = without((FakeLogs(),), SOURCES, 1.0, 1)
    assert isinstance(down[0], LogSource)
    with pytest.raises(SourceUnavailable):
        await down[0].lines(ALL)
    assert without(opened.facts.sources, SOURCES, 0.0, 1) == opened.facts.sources


def test_the_dice_lose_about_their_share() -> None:
    assert 250 < int(Dice(3, 0.3).lost(1000, "lines").sum()) < 350


def test_a_quiet_window_of_which_a_part_was_not_seen_is_never_called_healthy(incident: Incident) -> None:
    rows = losses(incident(truth=TRUTH))
    calm = [row for row in rows if row.quiet]
    assert [row.healthy for row in calm if not row.way] == [True], "with everything seen it is"
    assert [row for row in calm if row.blind and row.way != UNSAID]
    assert not [row for row in calm if row.blind and row.healthy and row.way != UNSAID]
    assert not [row for row in rows if row.healthy and not row.quiet]
    assert [row.place for row in rows if not row.way and not row.quiet] == [0]


def test_tables_keep_ways_and_shares_apart() -> None:
    rows = [
        Lost("shop", "", 0.0, 0, healthy=False, quiet=False, blind=False),
        Lost("shop", PARTS, 0.1, 1, healthy=False, quiet=False, blind=True),
        Lost("shop", PARTS, 0.5, 9, healthy=True, quiet=False, blind=True),
        Lost("shop", SOURCES, 0.5, None, healthy=True, quiet=True, blind=True),
    ]
    table = loss_table(rows)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0][0] == "shop"
    assert cells[2][0] == "1.00 / 1.00"
    assert cells[3][1] == "0.00 / 1.00"
    assert cells[5][1] == "0.00 / 0.00"
    health = [list(column.cells) for column in health_table(rows).columns]
    assert health[0][:3] == ["nothing", SOURCES, PARTS]
    assert health[2][2] == "1"
    assert (health[4][1], health[5][1]) == ("1", "1")


def test_the_command_prints_both_tables(incident: Incident) -> None:
    folder = incident(truth=TRUTH)
    told = CliRunner().invoke(app, ["loss", "--cases", str(folder)])
    assert told.exit_code == 0, told.output
    assert "With a share of the facts lost" in told.output
    assert "Called healthy" in told.output
    assert asyncio.run(matrix(case(folder, folder).facts.sources)).partial == ""
