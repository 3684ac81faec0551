"""What does one process of the Shop tell about itself: metrics, log lines and spans?"""

import json
import secrets
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_SHORT = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8)
BUCKETS = (*_SHORT, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)


@dataclass(frozen=True)
class Trace:
    """Where in which trace the running code is."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """The header of W3C Trace Context, version 00, always sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"


TRACE: ContextVar[Trace | None] = ContextVar("TRACE", default=None)


def traced(header: str | None) -> Trace | None:
    """The caller's place in its trace out of a `traceparent` header; None where there is none or it is malformed."""
    parts = (header or "").split("-")
    if len(parts) != 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return None
    return Trace(parts[1], parts[2])


def new_trace_id() -> str:
    """A 64-bit trace id padded to the 128 bits of the header, as many tracers make them."""
    return "0" * 16 + secrets.token_hex(8)


def new_span_id() -> str:
    """A 64-bit span id in hexadecimal."""
    return secrets.token_hex(8)


class Telemetry:
    """Metrics, log lines and spans of one process; lines go out at once, metrics when asked."""

    def __init__(self, service: str, log: TextIO, spans: TextIO) -> None:
        self.service = service
        self.instance = f"{service}-0"
        self._log = log
        self._spans = spans
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        told = self.registry
        self.requests = Counter("http_requests", "Requests answered", ["route", "code"], registry=told)
        self.seconds = Histogram("http_request_seconds", "Time to answer", ["route"], buckets=BUCKETS, registry=told)
        self.calls = Counter("http_calls", "Calls made to another service", ["callee", "code"], registry=told)
        self.call_seconds = Histogram(
            "http_call_seconds", "Time a call took", ["callee"], buckets=BUCKETS, registry=told
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being answered", registry=told)
        self.pool_in_use = Gauge("db_pool_in_use", "Connections lent out", registry=told)
        self.pool_waiting = Gauge("db_pool_waiting", "Requests waiting for a connection", registry=told)
        self.pool_seconds = Histogram("db_pool_wait_seconds", "Wait for a connection", buckets=BUCKETS, registry=told)
        self.queue_depth = Gauge("worker_queue_depth", "Jobs waiting for the worker", registry=told)
        self.loop_lag = Gauge("event_loop_lag_seconds", "Longest recent stall of the event loop", registry=told)

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self.registry)

    def log(self, level: str, message: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Write one JSON line; the trace id is that of the running request."""
        trace = TRACE.get()
        line: dict[str, Any] = {
            "time": round(time.time(), 6),
            "level": level,
            "service": self.service,
            "instance": self.instance,
            "trace_id": trace.trace_id if trace else "",
            "message": message,
        }
        if attributes:
            line["attributes"] = dict(attributes)
        self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._log.flush()

    def span(self, trace: Trace, parent_id: str, operation: str, began: float, status: str) -> None:
        """Write one finished span; `began` is Unix seconds, the end is now."""
        span = {
            "trace_id": trace.trace_id,
            "span_id": trace.span_id,
            "parent_id": parent_id,
            "service": self.service,
            "instance": self.instance,
            "operation": operation,
            "start": round(began, 6),
            "duration_us": int((time.time() - began) * 1e6),
            "status": status,
        }
        self._spans.write(json.dumps(span) + "\n")
        self._spans.flush()


def appending(path: Path) -> TextIO:
    """The file at `path`, open for appending text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a", encoding="utf-8")
