"""What does a Prometheus answer, and is the answer all of it?"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import QueryRejected, SourceUnavailable
from tools.redact import redacted
from tools.transport import Params, Reply, Transport

LONGEST_ADDRESS = 1_500
"""Characters of a question that still go into an address; a longer one is posted, which some gateways refuse."""
PARSED_HERE = 200_000
"""Bytes of an answer that are parsed without a thread of their own."""
WARNING = 200


@dataclass(frozen=True)
class Line:
    """One series of an answer: its labels, and pairs of Unix seconds and value as text."""

    labels: dict[str, str]
    pairs: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Answer:
    """Series, and what the server said about their completeness."""

    lines: tuple[Line, ...] = ()
    partial: str = ""


@dataclass(eq=False)
class Api:
    """The query API. Every method raises SourceError, and counts the samples that the server says it touched."""

    transport: Transport

    async def range(self, query: str, start: float, end: float, step: float) -> Answer:
        """`query` at start, start + step, ..., end."""
        asked = {"query": query, "start": _time(start), "end": _time(end), "step": _time(step), **self._bounded()}
        return await self._answered("/api/v1/query_range", asked)

    async def instant(self, query: str, at: float) -> Answer:
        """`query` at one time; a range selector gives its raw samples."""
        return await self._answered("/api/v1/query", {"query": query, "time": _time(at), **self._bounded()})

    async def clock(self) -> float:
        """The server's own time, Unix seconds."""
        answer = await self._answered("/api/v1/query", {"query": "time()"})
        if not answer.lines or not answer.lines[0].pairs:
            raise self._garbage()
        return number(answer.lines[0].pairs[0][1])

    async def series(self, selectors: Sequence[str], start: float, end: float) -> tuple[dict[str, str], ...]:
        """The labels of every series that has a sample in the time (as far as the server keeps such times apart)."""
        asked: Params = {"match[]": tuple(selectors), "start": _time(start), "end": _time(end)}
        found, _ = await self._data("/api/v1/series", asked)
        return tuple(_labels(one) for one in _listed(found))

    async def values(self, label: str, selectors: Sequence[str], start: float, end: float) -> tuple[str, ...]:
        """The values of a label."""
        asked: Params = {"match[]": tuple(selectors), "start": _time(start), "end": _time(end)}
        found, _ = await self._data(f"/api/v1/label/{label}/values", asked, address=True)
        return tuple(str(one) for one in _listed(found))

    async def names(self, selectors: Sequence[str], start: float, end: float) -> tuple[str, ...]:
        """The names of the labels of some series."""
        asked: Params = {"match[]": tuple(selectors), "start": _time(start), "end": _time(end)}
        found, _ = await self._data("/api/v1/labels", asked)
        return tuple(str(one) for one in _listed(found))

    async def types(self) -> dict[str, str]:
        """Kinds of metrics by name, as their exporters said; empty where the server keeps none."""
        found, _ = await self._data("/api/v1/metadata", {"limit_per_metric": "1"}, address=True)
        told: dict[str, str] = {}
        for name, entries in found.items() if isinstance(found, dict) else ():
            first = entries[0] if isinstance(entries, list) and entries else None
            if isinstance(first, dict) and first.get("type"):
                told[str(name)] = str(first["type"])
        return told

    async def rules(self) -> tuple[dict[str, Any], ...]:
        """The alerting rules, as the server lists them."""
        found, _ = await self._data("/api/v1/rules", {"type": "alert"}, address=True)
        groups = _listed(found.get("groups")) if isinstance(found, dict) else []
        rules = [rule for group in groups if isinstance(group, dict) for rule in _listed(group.get("rules"))]
        return tuple(rule for rule in rules if isinstance(rule, dict))

    async def exemplars(self, query: str, start: float, end: float) -> tuple[dict[str, Any], ...]:
        """Traces that stand for single observations, by series."""
        asked = {"query": query, "start": _time(start), "end": _time(end)}
        found, _ = await self._data("/api/v1/query_exemplars", asked)
        return tuple(one for one in _listed(found) if isinstance(one, dict))

    async def version(self) -> str:
        """Which program answers, as it says itself."""
        found, _ = await self._data("/api/v1/status/buildinfo", {}, address=True)
        return str(found.get("version", "")) if isinstance(found, dict) else ""

    def _bounded(self) -> dict[str, str]:
        """The server gives up when nobody waits any more, and says what it touched; those that know neither ignore it."""
        return {"timeout": f"{max(1, round(self.transport.seconds))}s", "stats": "all"}

    async def _answered(self, path: str, asked: Params) -> Answer:
        data, partial = await self._data(path, asked)
        return await asyncio.to_thread(self._lines, data, partial)

    def _lines(self, data: Any, partial: str) -> Answer:
        if not isinstance(data, dict):
            raise self._garbage()
        self._count(data.get("stats"))
        kind, result = data.get("resultType"), data.get("result")
        try:
            match kind:
                case "matrix":
                    lines = tuple(
                        Line(_labels(one["metric"]), _pairs(one.get("values", ()))) for one in _listed(result)
                    )
                case "vector":
                    lines = tuple(Line(_labels(one["metric"]), _pairs((one["value"],))) for one in _listed(result))
                case "scalar":
                    lines = (Line({}, _pairs((result,))),)
                case _:
                    raise self._garbage()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._garbage() from error
        return Answer(lines, partial)

    async def _data(self, path: str, asked: Params, *, address: bool = False) -> tuple[Any, str]:
        """What stands in the envelope, and its warnings. `address`: the server takes this question in its address only."""
        size = sum(len(one) for value in asked.values() for one in ((value,) if isinstance(value, str) else value))
        if address or size < LONGEST_ADDRESS:
            reply = await self.transport.get(path, asked)
        else:
            reply = await self.transport.post(path, form=asked)
        body = await self._parsed(reply)
        if not isinstance(body, dict) or "status" not in body:
            raise self._garbage()
        if body["status"] != "success":
            raise QueryRejected(self.transport.source, f"it refused: {said(body.get('error'))}")
        return body.get("data"), _warned(body)

    async def _parsed(self, reply: Reply) -> Any:
        if len(reply.body) < PARSED_HERE:
            return self.transport.parsed(reply)
        return await asyncio.to_thread(self.transport.parsed, reply)

    def _count(self, stats: Any) -> None:
        samples = stats.get("samples") if isinstance(stats, dict) else None
        touched = samples.get("totalQueryableSamples") if isinstance(samples, dict) else None
        if isinstance(touched, int) and touched > 0:
            self.transport.usage.add(self.transport.source, samples=touched)

    def _garbage(self) -> SourceUnavailable:
        name, url = self.transport.source, self.transport.url
        return SourceUnavailable(
            name, f"{name} answered something that is no Prometheus answer; is {url} the right address?"
        )


def said(text: object) -> str:
    """What a server wrote, for people: redacted, in one line and short."""
    return " ".join(redacted(str(text or "nothing more")).split())[:WARNING]


def number(text: str) -> float:
    """A value as the API writes it; NaN for what no meter shows."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def _warned(body: dict[str, Any]) -> str:
    """Warnings mean that something is missing; remarks on how a query is written (`infos`) do not."""
    told = [said(one) for one in _listed(body.get("warnings"))]
    return "; ".join(dict.fromkeys(told))[: 2 * WARNING]


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _labels(found: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in found.items()}


def _pairs(found: Any) -> tuple[tuple[float, str], ...]:
    return tuple((float(at), str(value)) for at, value in found)


def _time(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
