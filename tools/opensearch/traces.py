"""Where do requests spend their time: a TraceSource over an index of spans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from clew.evidence import Asked, Evidence, Lines, Payload, Series, Standing, evidence
from clew.incident import Window
from clew.ports import Era, Health, Telemetry, query
from clew.tables import Spans
from tools.opensearch.desk import Desk
from tools.opensearch.fields import Fields
from tools.opensearch.spans import FAILED, NAME_CHARACTERS, SpanReader
from tools.opensearch.store import Answer, Body, reading
from tools.opensearch.volumes import counted, within
from tools.phrases import asked, lasting, nothing, rest, span
from tools.phrases import counted as so_many
from tools.redact import redacted

OPERATIONS = 10
LOOKED_AT = 200
BINS = 60
NEEDED = {
    "service": "spans cannot be told apart by service",
    "trace": "calls cannot be followed from caller to callee",
    "parent": "time spent inside each service could not be compared",
    "operation": "operations cannot be told apart",
}


class OpenSearchTraces:
    """TraceSource: spans as Data Prepper or OpenTelemetry's exporter write them."""

    telemetry = Telemetry.TRACES

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def name(self) -> str:
        return self._desk.store.name

    async def check(self) -> Health:
        """Reach, rights, field mapping, clock and retention."""
        return await self._desk.check(NEEDED, "time spent inside each service could not be compared")

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The trace of a line that has one."""
        traces = [one.trace for one in payload.samples if one.trace] if isinstance(payload, Lines) else []
        return self._desk.outside.links.trace(traces[0]) if traces else None

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        """All spans where they are few, else whole traces drawn by their ids. Raises SourceError."""
        reach = self._desk.reach(window, era)
        if reach is None:
            return Spans.empty(f"{self._desk.store.index}: no {era.value} time to read")
        budget = self._desk.store.budget()
        fields = await self._desk.fields(budget)
        reader = SpanReader(self._desk.store, fields, reach, self._desk.settings.spans, budget)
        found, how = await reader.read()
        return replace(found, query=self._desk.query(within(fields, reach), words=f"({how})"))

    @query
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """The slowest operations of `service` (empty: any) with calls, errors and durations; at most 10."""
        budget = self._desk.store.budget()
        fields = await self._desk.fields(budget)
        filters = [within(fields, window)]
        if service:
            known = fields["service"].exact or fields["service"].name
            filters.append({"term": {known: {"value": service, "case_insensitive": True}}})
        sent = self._desk.query(*filters)
        question = asked(self.name, "slowest", sent, window, service=service)
        answer = await self._desk.store.search(_body(fields, window), filters, budget)
        with reading(self.name):
            return _facts(answer, fields, question, service, self._desk.outside.now())


def _body(fields: Fields, window: Window) -> Body:
    """Operations by service: how many calls, how long, how many failed, and their course."""
    taken, _ = _duration(fields)
    width = max(1, int(window.seconds / BINS) + 1)
    course = {"field": fields.time, "fixed_interval": f"{width}s", "min_doc_count": 1}
    each: Body = {
        "took": {"percentiles": {"field": taken, "percents": [50, 99]}},
        "failed": {"filter": _failed(fields)},
    }
    timed = {"course": {"date_histogram": course, "aggs": {"mean": {"avg": {"field": taken}}}}}
    operations = counted(fields["operation"].exact, OPERATIONS, {**each, **timed})
    operations["terms"]["order"] = {"took.99": "desc"}
    services = counted(fields["service"].exact, LOOKED_AT, {"operation": operations, "slow": each["took"]})
    services["terms"]["order"] = {"slow.99": "desc"}
    services["terms"]["size"] = OPERATIONS
    return {"aggs": {"service": services}, "track_total_hits": False}


def _duration(fields: Fields) -> tuple[str, float]:
    """The field of the duration, and how many of its units a second has."""
    if fields["nanoseconds"]:
        return fields["nanoseconds"].name, 1e9
    return fields["microseconds"].name, 1e6


def _failed(fields: Fields) -> Body:
    known = fields["status"]
    if not known.exact:
        return {"bool": {"must_not": [{"match_all": {}}]}}
    words = sorted({*FAILED, *(name.upper() for name in FAILED), *(name.title() for name in FAILED)})
    held: Sequence[str | int] = [2] if known.numeric else words
    return {"terms": {known.exact: list(held)}}


def _facts(answer: Answer, fields: Fields, question: Asked, service: str, taken_at: float) -> tuple[Evidence, ...]:
    _, unit = _duration(fields)
    found: list[tuple[float, str, dict[str, Any]]] = []
    for owner in answer.aggregations["service"]["buckets"]:
        for one in owner["operation"]["buckets"]:
            found.append((float(one["took"]["values"]["99.0"] or 0.0) / unit, str(owner["key"]), one))
    when = span(question.window)
    if not found:
        whom = service or "any service"
        if answer.partial:
            return (rest(question, f"No span of {whom} in {when} was found, but {answer.partial}.", taken_at, service),)
        return (nothing(question, f"No span of {whom} in {when}.", taken_at, service),)
    found.sort(key=lambda one: (-one[0], one[1], str(one[2]["key"])))
    return tuple(_operation(answer, one, question, unit, taken_at) for one in found[:OPERATIONS])


def _operation(
    answer: Answer, found: tuple[float, str, dict[str, Any]], question: Asked, unit: float, taken_at: float
) -> Evidence:
    high, service, one = found
    service, operation = redacted(service), redacted(str(one["key"]))[:NAME_CHARACTERS]
    middle, failed = float(one["took"]["values"]["50.0"] or 0.0) / unit, int(one["failed"]["doc_count"])
    says = f"{service} {operation}: {so_many(int(one['doc_count']), 'call')}, {failed} failed, "
    says += f"median {lasting(middle)}, p99 {lasting(high)}, in {span(question.window)}."
    says += f" Not all was searched: {answer.partial}." if answer.partial else ""
    course = [bucket for bucket in one["course"]["buckets"] if bucket["mean"]["value"] is not None]
    payload = Series(
        name=f"duration of {operation}",
        service=service,
        unit="s",
        times=tuple(float(bucket["key"]) / 1000 for bucket in course),
        values=tuple(float(bucket["mean"]["value"]) / unit for bucket in course),
    )
    standing = Standing.PARTIAL if answer.partial else Standing.SEEN
    return evidence(question, payload, says, taken_at=taken_at, standing=standing)
