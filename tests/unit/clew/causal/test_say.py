"""Do numbers, names and log lines read as a person would say them?"""

import pytest

from clew.causal.say import change, gist, several, spoken, within


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [
        (0.3234, 1.1171, "s", "0.32 → 1.12 s"),
        (0.118, 0.51, "s", "118 → 510 ms"),
        (0.0, 16.5, "1/s", "0 → 16.5/s"),
        (1.6, 84.2, "%", "1.6 → 84.2 %"),
        (0.00042, 0.355, "", "0.0004 → 0.355"),
        (1240.0, 9.0, "", "1,240 → 9"),
        (2e8, 4e8, "bytes", "200M → 400M B"),
    ],
)
def test_both_sides_are_as_exact_as_the_larger(before: float, after: float, unit: str, said: str) -> None:
    assert change(before, after, unit) == said


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("latency-p99(s)", "p99 latency"),
        ("LatencyP90(s)", "p90 latency"),
        ("SuccessRate(%)", "success rate"),
        ("call-errors[paygate]", "call errors to paygate"),
        ("CpuUsageRate(%)", "CPU usage rate"),
        ("db_query_latency_p99_ms", "p99 DB query latency"),
        ("db_pool_wait_seconds_p99", "p99 DB pool wait"),
        ("ms", "ms"),
        ("漢字 \u202e", "漢字 \u202e"),
    ],
)
def test_a_metric_is_called_by_its_words(metric: str, said: str) -> None:
    assert spoken(metric) == said


def test_a_log_line_is_told_without_its_clock_and_ids() -> None:
    assert (
        gist("<time> ERROR [main] - TraceID: <hex> POST /pay failed after <num> s")
        == "main] - POST /pay failed after … s"
    )
    assert gist("<num>") == "<num>"


def test_a_cut_quotation_is_closed() -> None:
    said = within("cart fails with a new error: “upstream deadline exceeded while the basket was priced”", 60)
    assert len(said) <= 60
    assert said.endswith("…”")


def test_many_names_are_counted() -> None:
    assert several(("a", "b", "c", "d"), 1) == "a and 3 more"
    assert several(("a", "b")) == "a and b"
    assert several(()) == ""
