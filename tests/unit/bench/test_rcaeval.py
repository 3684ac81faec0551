"""Is a case of the published RCAEval layout read as what it holds, without its answer?"""

from pathlib import Path

import numpy as np
import pytest

from bench import rcaeval
from bench.case import case, folders
from clew.errors import BadCase
from clew.incident import Window
from clew.ports import GraphSource, LogSource, MetricSource, TraceSource
from tools.recorded import recorded_sources

INJECTED = 1_700_000_000
ALL = Window(start=0.0, end=1e10)
METRICS = (
    "time,time.1,cart_cpu,cart_latency-90,cart-db_diskio,frontend_load,frontend-external_error,"
    "istio-init_cpu,192-168-1-1-9100_node-cpu-seconds-total\n"
    + "".join(f"{INJECTED + t},{INJECTED + t},{1 + (t >= 0)},0.5,7,30,{t >= 0:d},9,9\n" for t in range(-30, 30))
)
LOGS = (
    "time,timestamp,container_name,message,level,req_path,error\n"
    f"22:13,{INJECTED}500000000,cart,cannot reach the store,error,/cart,connection refused\n"
    f"22:13,{INJECTED - 5}000000000,frontend,ok,info,/,\n"
    "22:13,soon,frontend,no time,info,/,\n"
)
TRACES = (
    "time,traceID,spanID,serviceName,methodName,operationName,startTimeMillis,startTime,duration,statusCode,parentSpanID\n"
    f"22:13,t1,a,frontendservice,GET,GET /,{INJECTED}000,{INJECTED}000000,9000,0.0,\n"
    f"22:13,t1,b,cart,Add,Add,{INJECTED}001,,4000,14.0,a\n"
    f"22:13,t2,c,cart,Get,Get,{INJECTED}002,{INJECTED}002000,1000,404,\n"
)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """One run of one condition of one set."""
    folder = tmp_path / "RE2-XY" / "cart_mem" / "2"
    folder.mkdir(parents=True)
    (folder / "inject_time.txt").write_text(f"{INJECTED}\n")
    (folder / "simple_metrics.csv").write_text(METRICS)
    (folder / "metrics.csv").write_text("time,cart_container-spec-cpu-quota\n1,1\n")
    (folder / "logs.csv").write_text(LOGS)
    (folder / "traces.csv").write_text(TRACES)
    return folder


def scratch(tmp_path: Path) -> Path:
    into = tmp_path / "scratch"
    into.mkdir()
    return into


async def test_the_compact_metrics_become_series_of_services(published: Path, tmp_path: Path) -> None:
    opened = case(published, scratch(tmp_path))
    (source,) = [s for s in opened.facts.sources if isinstance(s, MetricSource)]
    matrix = await source.matrix(ALL)
    assert {(key.service, key.metric) for key in matrix.keys} == {
        ("cart", "cpu"),
        ("cart", "latency-90"),
        ("cart-db", "diskio"),
        ("frontend", "workload"),  # requests, not what other systems call load
        ("", "error"),  # the front door is nobody's
    }
    assert len(matrix.times) == 60
    row = next(row for row, key in enumerate(matrix.keys) if key.metric == "cpu")
    assert np.array_equal(matrix.values[row], np.where(matrix.times >= INJECTED, 2.0, 1.0))


async def test_lines_and_spans_come_with_their_own_units_of_time(published: Path, tmp_path: Path) -> None:
    sources = recorded_sources(rcaeval.rewritten(published, scratch(tmp_path)))
    (logs,) = [s for s in sources if isinstance(s, LogSource)]
    lines = await logs.lines(ALL)
    assert lines.times.tolist() == [INJECTED - 5, INJECTED + 0.5]
    assert lines.messages == ("ok", "cannot reach the store connection refused")
    (traces,) = [s for s in sources if isinstance(s, TraceSource)]
    spans = await traces.spans(ALL)
    assert [spans.services[i] for i in spans.service] == ["frontend", "cart", "cart"]
    assert spans.start.tolist() == pytest.approx([INJECTED, INJECTED + 0.001, INJECTED + 0.002])
    assert spans.duration.tolist() == pytest.approx([0.009, 0.004, 0.001])
    assert spans.error.tolist() == [False, True, False]  # a call that was not found is the caller's affair
    assert spans.parent.tolist() == [-1, 0, -1]
    (graph,) = [s for s in sources if isinstance(s, GraphSource)]
    assert (await graph.graph(ALL)).edges == (("frontend", "cart"),)


def test_the_answer_comes_from_the_folder_and_stays_out_of_what_sources_read(published: Path, tmp_path: Path) -> None:
    into = scratch(tmp_path)
    opened = case(published, into)
    assert (opened.family, opened.name) == ("RE2-XY", "cart_mem_2")
    assert opened.truth is not None
    assert opened.truth.services == ("cart", "cart-db")
    assert opened.truth.change is None
    assert opened.alerted_at == INJECTED
    brief = opened.facts.brief
    assert brief is not None
    assert "cart" not in brief.model_dump_json()
    assert brief.symptom.service is None
    assert sorted(path.name for path in into.iterdir()) == [
        "incident.json", "logs.csv.gz", "metrics.csv.gz", "traces.csv.gz",
    ]  # fmt: skip


def test_both_layouts_are_found_below_one_folder(published: Path, tmp_path: Path) -> None:
    ours = tmp_path / "family" / "case"
    ours.mkdir(parents=True)
    (ours / "incident.json").write_text("{}")
    (published.parent.parent / "notes").mkdir()
    assert folders(tmp_path) == (published, ours)
    assert folders(published) == (published,)


def test_sets_without_lines_or_spans_are_read_by_what_they_have(published: Path, tmp_path: Path) -> None:
    (published / "logs.csv").unlink()
    (published / "traces.csv").write_text(TRACES.splitlines()[0] + "\n")
    (published / "simple_metrics.csv").rename(published / "data.csv")
    sources = recorded_sources(rcaeval.rewritten(published, scratch(tmp_path)))
    assert [type(source).__name__ for source in sources] == ["RecordedMetrics"]


def test_too_many_spans_are_thinned_by_whole_traces(published: Path, tmp_path: Path) -> None:
    header = TRACES.splitlines()[0]
    row = "22:13,t{0},{0}-{1},cart,Get,Get,1700000000000,1700000000000000,10,0,\n"
    rows = "".join(row.format(trace, span) for trace in range(5_000) for span in range(6))
    (published / "traces.csv").write_text(header + "\n" + rows)
    kept = rcaeval.thinned(published / "traces.csv", budget=20_000)
    counts: dict[str, int] = {}
    for span in kept:
        counts[span["traceID"]] = counts.get(span["traceID"], 0) + 1
    assert set(counts.values()) == {6}
    assert 19_000 < sum(counts.values()) < 21_000


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("inject_time.txt", "at noon", "holds no time"),
        ("inject_time.txt", "", "holds no time"),
        ("logs.csv", "when,what\n1,2\n", "no column timestamp, container_name"),
        ("simple_metrics.csv", "moment,cart_cpu\n1,2\n", "no column time"),
    ],
)
def test_what_cannot_be_read_is_named(published: Path, tmp_path: Path, file: str, text: str, said: str) -> None:
    (published / file).write_text(text)
    with pytest.raises(BadCase, match=said) as error:
        case(published, scratch(tmp_path))
    assert file in str(error.value)


def test_a_run_without_metrics_says_which_files_are_looked_for(published: Path, tmp_path: Path) -> None:
    (published / "simple_metrics.csv").unlink()
    (published / "metrics.csv").unlink()
    with pytest.raises(BadCase, match=r"simple_metrics\.csv, simple_data\.csv, data\.csv, metrics\.csv"):
        case(published, scratch(tmp_path))
