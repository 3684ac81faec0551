"""What do an alert's words, labels and query say?"""

import pytest

from clew.alert import (
    LABELS,
    TITLE,
    Severity,
    expression_of,
    kept_labels,
    metric_of,
    place_of,
    severity_of,
    signal_of,
    titled,
    worst,
)
from clew.incident import Signal


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("Page", Severity.CRITICAL),
        ("SEV-1", Severity.CRITICAL),
        ("P2", Severity.ERROR),
        ("High", Severity.ERROR),
        ("Minor", Severity.WARNING),
        ("none", Severity.INFO),
        ("low", Severity.INFO),
        ("", Severity.WARNING),
        ("spicy", Severity.WARNING),
    ],
)
def test_each_senders_word_for_how_bad_it_is(word: str, severity: Severity) -> None:
    assert severity_of(word) is severity


def test_the_worst_of_several() -> None:
    assert worst((Severity.INFO, Severity.ERROR, Severity.WARNING)) is Severity.ERROR
    assert worst(()) is Severity.INFO


@pytest.mark.parametrize(
    ("texts", "signal"),
    [
        (("HighRequestLatency",), Signal.LATENCY),
        (("ApiSlow", "rate(errors_total[5m])"), Signal.LATENCY),
        (("KubePodCrashLooping",), Signal.AVAILABILITY),
        (("TargetDown",), Signal.AVAILABILITY),
        (("HighErrorRate",), Signal.ERRORS),
        (("http_5xx_ratio",), Signal.ERRORS),
        (("ErrorBudgetBurn",), Signal.ERRORS),
        (("NodeFilesystemAlmostOutOfSpace",), Signal.SATURATION),
        (("ContainerCpuThrottling",), Signal.SATURATION),
        (("Alert42", "histogram_quantile(0.99, x)"), Signal.LATENCY),
        (("Alert42", "", "the checkout is down"), Signal.AVAILABILITY),
        (("Download finished",), None),
        (("Alert42",), None),
        ((), None),
    ],
)
def test_what_kind_of_trouble(texts: tuple[str, ...], signal: Signal | None) -> None:
    assert signal_of(*texts) is signal


@pytest.mark.parametrize(
    ("expression", "metric"),
    [
        ('sum(rate(http_requests_total{code=~"5.."}[5m])) by (service) > 0.05', "http_requests_total"),
        ("histogram_quantile(0.99, sum(rate(latency_seconds_bucket[1m])) by (le)) > 0.5", "latency_seconds_bucket"),
        ("up == 0", "up"),
        ("avg by (job) (node_load1) > 4", "node_load1"),
        ('absent(up{job="x{y"})', "up"),
        ("vector(1)", None),
        ("", None),
    ],
)
def test_the_metric_that_a_rule_reads(expression: str, metric: str | None) -> None:
    assert metric_of(expression) == metric


@pytest.mark.parametrize(
    ("link", "expression"),
    [
        ("http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1", "up == 0"),
        ("http://vm/vmui/?expr=up", "up"),
        ("http://prom:9090/graph", ""),
        ("not an address", ""),
        ("http://[broken", ""),
    ],
)
def test_the_expression_in_an_address(link: str, expression: str) -> None:
    assert expression_of(link) == expression


def test_everything_is_within_bounds() -> None:
    assert len(titled("word " * 1000)) <= TITLE
    kept = kept_labels({f"l{i:04}": "v" * 5000 for i in range(500)})
    assert len(kept) == LABELS
    assert max(len(value) for _, value in kept) <= 200


def test_where_it_fires() -> None:
    labels = {"namespace": "shop", "cluster": "eu1", "pod": "web-1", "region": ""}
    assert place_of(labels, ("cluster", "region", "namespace")) == "cluster=eu1 namespace=shop"
    assert place_of({}, ("cluster",)) == ""
