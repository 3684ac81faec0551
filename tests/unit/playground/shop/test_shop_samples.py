"""Are rates, quantiles and gauges computed out of scrapes as Prometheus would?"""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from playground.shop.samples import Interval, gauge, measured, parsed, quantile

INF = float("inf")


def test_quantile_lies_on_the_line_within_its_bucket() -> None:
    assert quantile({0.1: 50, 0.2: 100, INF: 100}, 0.75) == pytest.approx(0.15)


def test_quantile_of_no_observations_is_missing() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({0.1: 0, INF: 0}, 0.5) is None


def test_quantile_beyond_the_last_bound_is_the_last_bound() -> None:
    assert quantile({0.1: 1, 0.2: 1, INF: 100}, 0.99) == 0.2


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_quantile_never_leaves_the_bucket_of_its_rank(share: float) -> None:
    observed = sorted((number * 37 % 100) / 100 for number in range(100))
    bounds = (0.1, 0.25, 0.5, 0.75, 1.0)
    cumulative = {bound: float(sum(value <= bound for value in observed)) for bound in bounds} | {INF: 100.0}
    exact = observed[int(share * 100) - 1]
    found = quantile(cumulative, share)
    assert found is not None
    upper = next(bound for bound in bounds if bound >= exact)
    assert max((b for b in bounds if b < upper), default=0.0) <= found <= upper


def exposition(answered: int, failed: int, waiting: float) -> str:
    registry = CollectorRegistry()
    requests = Counter("http_requests", "n", ["route", "code"], registry=registry)
    requests.labels("GET /", "200").inc(answered)
    requests.labels("GET /", "500").inc(failed)
    seconds = Histogram("http_request_seconds", "s", ["route"], buckets=(0.1, 0.2), registry=registry)
    for _ in range(answered + failed):
        seconds.labels("GET /").observe(0.05)
    Gauge("db_pool_waiting", "n", registry=registry).set(waiting)
    return generate_latest(registry).decode()


def test_an_interval_tells_its_own_growth_not_the_totals() -> None:
    before = parsed(exposition(100, 50, 0))
    texts = [exposition(110, 50, 4), exposition(130, 60, 2)]
    values = measured(Interval(before, 1000.0, 1005.0, texts), parsed(texts[-1]))
    assert values["requests(1/s)"] == pytest.approx(40 / 5)
    assert values["errors(1/s)"] == pytest.approx(10 / 5)
    assert values["error-ratio(%)"] == pytest.approx(25.0)
    assert values["pool-waiting"] == pytest.approx(3.0)
    assert values["latency-p50(s)"] == pytest.approx(0.05)


def test_a_late_scrape_does_not_look_like_more_visitors() -> None:
    before, text = parsed(exposition(100, 0, 0)), exposition(160, 0, 0)
    values = measured(Interval(before, 1000.0, 1015.0, [text]), parsed(text))
    assert values["requests(1/s)"] == pytest.approx(60 / 15)


def test_a_restarted_counter_never_gives_a_negative_rate() -> None:
    text = exposition(3, 0, 0)
    values = measured(Interval(parsed(exposition(100, 0, 0)), 1000.0, 1005.0, [text]), parsed(text))
    assert values["requests(1/s)"] == 0.0


def test_an_interval_without_scrapes_has_no_values() -> None:
    assert measured(Interval(), {}) == {}


def test_gauge_reads_whole_names_only() -> None:
    text = "# HELP x\nx_total 5.0\nx 2.5\n"
    assert gauge(text, "x") == 2.5
    assert gauge(text, "y") == 0.0
