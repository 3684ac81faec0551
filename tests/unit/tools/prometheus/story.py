"""What is in the server of these tests: three services for half an hour, of which one begins to fail."""

import math
from collections.abc import Callable

BEGIN = 1_700_000_000
EVERY = 15
COUNT = 121
END = float(BEGIN + EVERY * (COUNT - 1))
BROKEN = 90
"""The sample from which payments fails one request in two."""
GAP = range(40, 60)
"""Samples that the gauge of orders lacks: five minutes, as long as the server would look back."""
BUCKETS = ((0.1, 5.0), (1.0, 9.0), (math.inf, 10.0))
"""Upper bounds, and how many of ten requests a second took no longer."""
Curve = Callable[[int], float | None]


def series(name: str, labels: dict[str, str], curve: Curve) -> list[str]:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    lines: list[str] = []
    for place in range(COUNT):
        value = curve(place)
        if value is not None:
            text = "NaN" if math.isnan(value) else "+Inf" if math.isinf(value) else repr(value)
            lines.append(f"{name}{{{inside}}} {text} {BEGIN + EVERY * place}")
    return lines


def rate(per_second: float, since: int = 0) -> Curve:
    """A counter that grows from the sample `since` on."""
    return lambda place: per_second * EVERY * max(0, place - since)


def exposition() -> str:
    """OpenMetrics text, each metric in one piece."""
    out: dict[str, list[str]] = {}

    def put(name: str, labels: dict[str, str], curve: Curve) -> None:
        out.setdefault(name, []).extend(series(name, labels, curve))

    for service, pods in (("web", 2), ("orders", 1), ("payments", 1)):
        for pod in range(pods):
            me = {"service": service, "pod": f"{service}-{pod}", "job": "shop", "namespace": "shop"}
            put("http_requests_total", {**me, "code": "200"}, rate(10))
            for bound, below in BUCKETS:
                le = "+Inf" if math.isinf(bound) else f"{bound:g}"
                put("http_request_seconds_bucket", {**me, "le": le}, rate(below))
            put("http_request_seconds_count", me, rate(10))
            put("http_request_seconds_sum", me, rate(3))
            put("process_cpu_seconds_total", me, rate(0.25))
            put("process_resident_memory_bytes", me, lambda _: 5e7)
            put("process_start_time_seconds", me, lambda place: float(BEGIN + (place > BROKEN)))
            put("http_requests_in_flight", me, lambda place: float(place % 3))
            put("build_info", {**me, "version": "1"}, lambda _: 1.0)
            put("scrape_duration_seconds", me, lambda _: 0.01)
            put("up", me, lambda _: 1.0)
    failing = {"service": "payments", "pod": "payments-0", "job": "shop", "namespace": "shop"}
    put(
        "http_requests_total",
        {**failing, "code": "500"},
        lambda place: None if place < BROKEN else rate(10, BROKEN)(place),
    )
    orders = {"service": "orders", "pod": "orders-0", "job": "shop", "namespace": "shop"}
    put("worker_queue_depth", orders, lambda place: None if place in GAP else 7.0)
    put("odd_gauge", orders, lambda place: (math.nan, math.inf, 2.0)[place % 3])
    for caller, callee in (("web", "orders"), ("orders", "payments")):
        calls = {"service": caller, "pod": f"{caller}-0", "job": "shop", "namespace": "shop", "callee": callee}
        put("http_calls_total", {**calls, "code": "200"}, rate(10))
        put("http_call_seconds_bucket", {**calls, "le": "0.5"}, rate(10))
        put("http_call_seconds_bucket", {**calls, "le": "+Inf"}, rate(10))
    other = {"service": "billing", "pod": "billing-0", "job": "bank", "namespace": "bank"}
    put("http_requests_total", {**other, "code": "200"}, rate(3))
    return "\n".join(line for name in sorted(out) for line in out[name]) + "\n# EOF\n"
