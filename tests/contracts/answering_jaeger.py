"""What does Jaeger's query service answer, in the shapes that its documentation shows?"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Piece:
    """One span; times in Unix seconds."""

    trace: str
    id: str
    service: str
    operation: str
    at: float
    seconds: float = 0.1
    parent: str = ""
    failed: bool = False


@dataclass
class Jaeger:
    """A store of spans, and what was asked of it."""

    pieces: Sequence[Piece]
    calls: Sequence[tuple[str, str]] = ()
    asked: list[web.Request] = field(default_factory=list[web.Request])

    def app(self) -> web.Application:
        """The routes of the query service that we use."""
        app = web.Application()
        app.router.add_get("/api/services", self._services)
        app.router.add_get("/api/traces", self._traces)
        app.router.add_get("/api/dependencies", self._dependencies)
        return app

    async def _services(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        names = sorted({piece.service for piece in self.pieces})
        return web.json_response({"data": names or None, "total": len(names), "limit": 0, "offset": 0, "errors": None})

    async def _dependencies(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        data = [{"parent": a, "child": b, "callCount": 7} for a, b in self.calls]
        return web.json_response({"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None})

    async def _traces(self, request: web.Request) -> web.Response:
        """Traces in which the service has a span in that time, the newest first."""
        self.asked.append(request)
        start, end = (int(request.query[name]) / 1e6 for name in ("start", "end"))
        found = {
            p.trace: p.at for p in self.pieces if p.service == request.query["service"] and start <= p.at < end + 1e-6
        }
        newest = sorted(found, key=lambda trace: -found[trace])[: int(request.query["limit"])]
        data = [self._trace(trace) for trace in newest]
        return web.json_response({"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None})

    def _trace(self, trace: str) -> dict[str, Any]:
        mine = [piece for piece in self.pieces if piece.trace == trace]
        processes = {name: f"p{place}" for place, name in enumerate(dict.fromkeys(p.service for p in mine), 1)}
        return {
            "traceID": trace,
            "spans": [_span(piece, processes[piece.service]) for piece in mine],
            "processes": {key: {"serviceName": name, "tags": []} for name, key in processes.items()},
            "warnings": None,
        }


def _span(piece: Piece, process: str) -> dict[str, Any]:
    tags: list[dict[str, Any]] = [{"key": "span.kind", "type": "string", "value": "server"}]
    if piece.failed:
        tags.append({"key": "error", "type": "bool", "value": True})
    parents = [{"refType": "CHILD_OF", "traceID": piece.trace, "spanID": piece.parent}] if piece.parent else []
    return {
        "traceID": piece.trace,
        "spanID": piece.id,
        "flags": 1,
        "operationName": piece.operation,
        "references": parents,
        "startTime": round(piece.at * 1e6),
        "duration": round(piece.seconds * 1e6),
        "tags": tags,
        "logs": [],
        "processID": process,
        "warnings": None,
    }


@asynccontextmanager
async def served(app: web.Application) -> AsyncGenerator[str]:
    """The address of a server that answers while open."""
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
