"""Does a recorded table become what an ordinary Prometheus would hold, and do lines and spans become ordinary documents?"""

from pathlib import Path

import numpy as np
import pytest

from clew.tables import LogTable, Matrix, SeriesKey, Spans
from playground.live.exposition import grows, scraped, written
from playground.live.loading import line_documents, moment, span_documents


@pytest.mark.parametrize(
    ("metric", "unit", "name", "factor"),
    [
        ("latency-p99", "s", "latency_p99_seconds", 1.0),
        ("PodServerLatencyP90", "s", "pod_server_latency_p90_seconds", 1.0),
        ("memory-rss", "MB", "memory_rss_bytes", 1e6),
        ("MemoryUsage", "Mi", "memory_usage_bytes", 2.0**20),
        ("requests", "1/s", "requests_per_second", 1.0),
        ("probe-success", "%", "probe_success_percent", 1.0),
        ("http_5xx_ratio", "", "http_5xx_ratio", 1.0),
        ("5xx", "", "m_5xx", 1.0),
        ("requests-Sum", "", "requests_sum_per_interval", 1.0),
    ],
)
def test_a_name_has_the_base_unit_at_its_end(metric: str, unit: str, name: str, factor: float) -> None:
    one = scraped(SeriesKey("web", "", metric, unit))
    assert (one.name, one.factor, one.labels) == (name, factor, (("service", "web"),))


def test_whom_a_call_went_to_is_a_label_and_what_is_blank_is_none() -> None:
    one = scraped(SeriesKey("", "web-0", "call-latency[cart]-p90", "s", (("track", "canary"),)))
    assert one.name == "call_latency_p90_seconds"
    assert one.labels == (("instance", "web-0"), ("callee", "cart"), ("track", "canary"))


def test_only_what_grows_is_called_a_counter() -> None:
    key = SeriesKey("web", "", "panics_total")
    assert scraped(key, grows=True).name == "panics_total"
    assert scraped(key).name == "panics_total_per_interval"
    rising = np.array([1.0, np.nan, 2.0, 2.0, 5.0, 6.0, 6.0, 7.0, 8.0, 9.0])
    assert grows(rising)
    assert not grows(rising[:5]), "so few may rise by chance"
    assert not grows(np.full(10, 3.0))
    assert not grows(np.tile([5.0, 1.0], 8))
    assert not grows(np.array([np.nan, 7.0]))


def test_gaps_are_not_written_and_values_cannot_break_out(tmp_path: Path) -> None:
    keys = (SeriesKey('we"b\\\n', "", "memory-rss", "MB"),)
    times = np.array([10.0005, 20.25, 1795387153.329])
    matrix = Matrix(times, keys, np.array([[1.5, np.nan, 2.0]]))
    path = tmp_path / "m.om"
    assert written(matrix, path) == 2
    assert path.read_text().splitlines() == [
        'memory_rss_bytes{service="we\\"b\\\\\\n"} 1500000.0 10.000',
        'memory_rss_bytes{service="we\\"b\\\\\\n"} 2000000.0 1795387153.329',
        "# EOF",
    ]


def test_lines_lack_what_their_recording_lacks() -> None:
    ints = np.array([0, 1], dtype=np.int32)
    trace = np.array([-1, 0], dtype=np.int32)
    times = np.array([1795387148.141, 1795387148.213456])
    lines = LogTable(times, ints, ints, trace, ("all good", "declined"), ("", "payments"), ("", "WARN"), ("t1",))
    first, second = line_documents(lines)
    assert first == {"@timestamp": "2026-11-22T22:39:08.141000Z", "message": "all good"}
    assert second["@timestamp"] == "2026-11-22T22:39:08.213456Z"
    assert (second["log"], second["service"], second["trace"]) == (
        {"level": "WARN"},
        {"name": "payments"},
        {"id": "t1"},
    )


def test_spans_keep_their_parents_and_their_microseconds() -> None:
    zero = np.zeros(2, dtype=np.int32)
    parent = np.array([-1, 0], dtype=np.int32)
    start, took = np.array([100.000001, 100.5]), np.array([1.25, 0.0005])
    error = np.array([False, True])
    spans = Spans(zero, parent, np.array([0, 1], dtype=np.int32), zero, start, took, error, ("t",), ("a", "b"), ("op",))
    root, child = span_documents(spans)
    assert (root["parentSpanId"], child["parentSpanId"]) == ("", root["spanId"])
    assert child["spanId"] != root["spanId"]
    assert (root["startTime"], root["durationInNanos"]) == ("1970-01-01T00:01:40.000001Z", 1_250_000_000)
    assert (root["status"], child["status"]) == ({"code": 0}, {"code": 2})


def test_a_moment_just_below_a_second_is_carried_over() -> None:
    assert moment(99.9999999) == "1970-01-01T00:01:40.000000Z"
