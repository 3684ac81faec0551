"""What the tests of the search source put into a server, in every layout that it knows."""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clew.causal.moment import Moment
from clew.incident import Window
from clew.ports import Source
from tools.opensearch import OpenSearchSettings, opened
from tools.outside import Outside

NOW = 1_700_000_000.0
WINDOW = Window(start=NOW - 600, end=NOW)
KEYWORD = {"type": "keyword"}
Document = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One log line before it has a layout."""

    at: float
    service: str
    severity: str
    message: str
    trace: str = ""


LINES = (
    Line(NOW - 300.5, "web", "INFO", "GET /cart answered in 12 ms", "a1"),
    Line(NOW - 200.25, "payments", "ERROR", "no rate for code XTS: refusing order 7", "a2"),
    Line(NOW - 200.125, "web", "WARN", "payment call failed with status 502", "a2"),
    Line(NOW - 100, "db", "INFO", "checkpoint done"),
)


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ecs(line: Line) -> Document:
    """Elastic Common Schema, nested."""
    return {
        "@timestamp": iso(line.at),
        "service": {"name": line.service},
        "log": {"level": line.severity.lower()},
        "message": line.message,
        **({"trace": {"id": line.trace}} if line.trace else {}),
    }


def dotted(line: Line) -> Document:
    """The same with dots in its names."""
    told = {"service.name": line.service, "log.level": line.severity, "trace.id": line.trace or None}
    return {"@timestamp": iso(line.at), "message": line.message, **told}


def otel(line: Line) -> Document:
    """OpenTelemetry, as its exporter names fields; severity by number alone."""
    number = {"INFO": 9, "WARN": 13, "ERROR": 17}[line.severity]
    return {
        "@timestamp": iso(line.at),
        "body": line.message,
        "severityNumber": number,
        "traceId": line.trace,
        "resource": {"attributes": {"service.name": line.service}},
    }


def plain(line: Line) -> Document:
    """What a hand-made logger writes."""
    return {
        "time": round(line.at * 1000),
        "app": line.service,
        "level": line.severity,
        "msg": line.message,
        "trace_id": line.trace,
    }


ECS_FIELDS: Document = {
    "@timestamp": {"type": "date"},
    "message": {"type": "text"},
    "log": {"properties": {"level": KEYWORD}},
    "service": {"properties": {"name": KEYWORD}},
    "trace": {"properties": {"id": KEYWORD}},
}
LAYOUTS: dict[str, tuple[Callable[[Line], Document], Document]] = {
    "ecs": (ecs, ECS_FIELDS),
    "dotted": (dotted, ECS_FIELDS),
    "nothing mapped": (ecs, {"@timestamp": {"type": "date"}}),
    "otel": (otel, {"@timestamp": {"type": "date_nanos"}, "severityNumber": {"type": "integer"}}),
    "plain": (plain, {"time": {"type": "date"}, "app": KEYWORD, "level": KEYWORD, "trace_id": KEYWORD}),
}


def flood(count: int, errors: float, seed: int = 1) -> tuple[Line, ...]:
    """Ordinary lines of six services over 70 minutes, a share of known errors, and 14 new ones ten minutes before the end.

    The new error begins in payments; web's follows it in the same trace.
    """
    chance = random.Random(seed)
    services = ("web", "checkout", "cart", "catalog", "inventory", "payments")
    said = (
        "GET /{s} answered 200 in {n} ms",
        "cache hit for key {s}:{n}",
        "job {n} done by worker {m}",
        "wrote {n} rows to table orders",
        "retry budget at {m} percent",
        "connection from 10.0.{m}.{m} accepted",
        "heartbeat {n} ok",
    )
    out: list[Line] = []
    for i in range(count):
        service, wrong = services[i % 6], chance.random() < errors
        text = "upstream {s} timed out after {n} ms, will retry" if wrong else said[int(chance.random() ** 2 * 7)]
        message = text.format(s=service, n=chance.randint(1, 9999), m=chance.randint(1, 99))
        severity = "ERROR" if wrong else "INFO"
        out.append(Line(NOW - 4200 + 4200 * i / count, service, severity, message, f"{chance.getrandbits(128):032x}"))
    for i in range(14):
        at, trace = NOW - 570 + i * 9.7, f"{chance.getrandbits(128):032x}"
        order = chance.randint(1, 9999)
        told = f"currency table has no rate for code X{i}: refusing order {order}"
        out.append(Line(at, "payments", "ERROR", told, trace))
        out.append(Line(at + 0.02, "web", "ERROR", f"payment call failed with status 502 for order {order}", trace))
    return tuple(out)


FLOODED = Window(start=NOW - 4200, end=NOW)
MOMENT = Moment(onset=NOW - 580, window=Window(start=NOW - 600, end=NOW), alerted_at=NOW - 500)


def spans(traces: int, seed: int = 2) -> tuple[Document, ...]:
    """web -> checkout -> payments in each trace; every tenth fails in payments. As Data Prepper writes them."""
    chance = random.Random(seed)
    out: list[Document] = []
    for i in range(traces):
        trace, at, failed = f"{chance.getrandbits(128):032x}", NOW - 590 + 580 * i / traces, i % 10 == 0
        for place, (service, name) in enumerate((("web", "GET /buy"), ("checkout", "buy"), ("payments", "charge"))):
            took = 0.3 - 0.1 * place + (1.0 if service == "payments" and failed else 0.0)
            out.append(
                {
                    "traceId": trace,
                    "spanId": f"{trace[:14]}{place:02x}",
                    "parentSpanId": f"{trace[:14]}{place - 1:02x}" if place else "",
                    "serviceName": service,
                    "name": name,
                    "startTime": iso(at + place * 0.01),
                    "durationInNanos": round(took * 1e9),
                    "status": {"code": 2 if failed and service == "payments" else 0},
                    "attributes": {"peer": {"service": "ledger"}} if service == "payments" else {},
                }
            )
    return tuple(out)


SPAN_FIELDS: Document = {
    "traceId": KEYWORD,
    "spanId": KEYWORD,
    "parentSpanId": KEYWORD,
    "serviceName": KEYWORD,
    "name": KEYWORD,
    "startTime": {"type": "date_nanos"},
    "durationInNanos": {"type": "long"},
    "status": {"properties": {"code": {"type": "integer"}}},
    "attributes": {"properties": {"peer": {"properties": {"service": KEYWORD}}}},
}


@asynccontextmanager
async def sources(url: str, outside: Outside | None = None, **settings: Any) -> AsyncGenerator[Sequence[Source]]:
    """The sources of one server; no history before the window unless it is set."""
    given = outside or Outside(now=lambda: NOW, seconds=60.0)
    async with opened(
        OpenSearchSettings.model_validate({"url": url, "history_seconds": 0, **settings}), given
    ) as found:
        yield found
