"""What did the services log: a LogSource over OpenSearch."""

from dataclasses import replace
from typing import Any

from clew.evidence import Asked, Evidence, Lines, Payload, Sample, Standing, evidence
from clew.incident import Window
from clew.ports import Era, Health, Telemetry, query
from clew.tables import LogTable
from tools.opensearch.desk import Desk
from tools.opensearch.fields import Fields
from tools.opensearch.lines import Reader
from tools.opensearch.rows import ROLES, row
from tools.opensearch.store import Answer, Body, reading
from tools.opensearch.volumes import RAISED, counted, level, meaning, within
from tools.phrases import asked, clock, nothing, rest, span
from tools.phrases import counted as so_many
from tools.redact import redacted
from tools.rows import Row

LINES = 50
SAMPLE_CHARACTERS = 2_000
DOCUMENTS = 5_000_000
"""Of one shard that one question may touch."""
NEEDED = {
    "service": "lines cannot be told apart by service",
    "severity": "errors are told from other lines by their words only",
    "message": "new error messages among many lines can be missed",
    "trace": "which service erred first in a request is not seen in logs",
}


class OpenSearchLogs:
    """LogSource: lines in ECS, OpenTelemetry or plain fields."""

    telemetry = Telemetry.LOGS

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def name(self) -> str:
        return self._desk.store.name

    async def check(self) -> Health:
        """Reach, rights, field mapping, clock and retention."""
        return await self._desk.check(NEEDED, "new error messages could not be looked for")

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """Lines of a service with the same words, in Dashboards."""
        fields = self._desk.known
        if not isinstance(payload, Lines) or fields is None:
            return None
        parts = (
            [f"{fields['service'].name}: {_quoted(payload.service)}"] if payload.service and fields["service"] else []
        )
        text = dict(asked.call.arguments).get("text", "")
        if text and fields["message"]:
            parts.append(f"{fields['message'].name}: {_quoted(text)}")
        return self._desk.outside.links.lines(" and ".join(parts), asked.window)

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        """All lines where they are few, else rows that stand for several; see `lines.Reader`. Raises SourceError."""
        reach = self._desk.reach(window, era)
        if reach is None:
            return LogTable.empty(f"{self._desk.store.index}: no {era.value} time to read")
        budget = self._desk.store.budget()
        fields = await self._desk.fields(budget)
        reader = Reader(self._desk.store, fields, self._desk.settings, reach, budget)
        found, how = await reader.read()
        return replace(found, query=self._desk.query(within(fields, reach), words=f"({how})"))

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Log lines of `service` (empty: any) that have the words of `text` in this order; newest first, at most 50."""
        budget = self._desk.store.budget()
        fields = await self._desk.fields(budget)
        filters = _filters(fields, service, text)
        sent = self._desk.query(*filters, within(fields, window))
        question = asked(self.name, "search", sent, window, service=service, text=text)
        earlier = window.widened(2.0, "the same time before")
        answer = await self._desk.store.search(_body(fields, window), [*filters, within(fields, earlier)], budget)
        taken_at = self._desk.outside.now()
        with reading(self.name):
            return _facts(answer, fields, question, (service, text), taken_at)


def _quoted(text: str) -> str:
    """A phrase of a KQL query that nothing in the text can end."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _filters(fields: Fields, service: str, text: str) -> list[Body]:
    """Plain terms and phrases: whatever was typed is looked for as it is."""
    out: list[Body] = []
    if service:
        known = fields["service"]
        held = {"term": {known.exact: {"value": service, "case_insensitive": True}}} if known.exact else None
        out.append(held or {"match_phrase": {known.name or "service": {"query": service}}})
    if text:
        words = fields["message"].words
        exact = {"term": {fields["message"].exact or "message": {"value": text}}}
        out.append({"match_phrase": {words: {"query": text}}} if words else exact)
    return out


def _body(fields: Fields, window: Window) -> Body:
    """The newest lines of `window`, counts by service inside it and before it."""
    known, _ = level(fields)
    by: Body = {"first": {"min": {"field": fields.time}}, "last": {"max": {"field": fields.time}}}
    if known.exact:
        by["level"] = counted(known.exact, 12)
    service = fields["service"].exact
    services = {"service": counted(service, LINES * 4, by)} if service else {}
    inside = {"filter": within(fields, window), "aggs": {**by, **services}}
    before = {
        "filter": {"bool": {"must_not": [within(fields, window)]}},
        "aggs": {k: counted(service, LINES * 4) for k in services},
    }
    return {
        "size": LINES,
        "sort": [{fields.time: {"order": "desc"}}],
        "post_filter": within(fields, window),
        "aggs": {"inside": inside, "before": before},
        "track_total_hits": False,
        "terminate_after": DOCUMENTS,
        **fields.wanted(*ROLES),
    }


def _facts(
    answer: Answer, fields: Fields, question: Asked, given: tuple[str, str], taken_at: float
) -> tuple[Evidence, ...]:
    service, text = given
    rows = [one for one in (row(hit, fields) for hit in answer.hits.hits) if one is not None]
    what = f" containing {text!r}" if text else ""
    when = span(question.window)
    if not rows:
        whom = f" of {service}" if service else ""
        if answer.partial:
            return (
                rest(
                    question, f"No log line{whom}{what} in {when} was found, but {answer.partial}.", taken_at, service
                ),
            )
        return (nothing(question, f"No log line{whom}{what} in {when}.", taken_at, service),)
    inside, before = answer.aggregations["inside"], answer.aggregations["before"]
    counts = {str(one["key"]): one for one in inside.get("service", {}).get("buckets", [])}
    usual = {str(one["key"]): int(one["doc_count"]) for one in before.get("service", {}).get("buckets", [])}
    out: list[Evidence] = []
    for name in dict.fromkeys(one.service for one in rows):
        mine = [one for one in rows if one.service == name]
        seen = counts.get(name) or ({} if counts else inside)
        payload = Lines(
            service=redacted(name),
            severity=_worst(seen, mine, level(fields)[1]),
            template=text or "any line",
            count=int(seen.get("doc_count", len(mine))),
            usual=usual.get(name, 0),
            first=_seconds(seen.get("first"), min(one.at for one in mine)),
            last=_seconds(seen.get("last"), max(one.at for one in mine)),
            samples=tuple(_sample(one) for one in mine),
        )
        says = f"{payload.service or 'Something unnamed'} wrote {so_many(payload.count, 'line')}{what} in {when}, "
        says += f"first at {clock(payload.first or 0)}, last at {clock(payload.last or 0)}."
        says += f" Not all was searched: {answer.partial}." if answer.partial else ""
        standing = Standing.PARTIAL if answer.partial else Standing.SEEN
        out.append(evidence(question, payload, says, taken_at=taken_at, standing=standing))
    return tuple(out)


def _seconds(found: Any, otherwise: float) -> float:
    value = found.get("value") if isinstance(found, dict) else None
    if value is None:
        return otherwise
    return float(value) / (1e9 if float(value) > 1e15 else 1e3)


def _worst(seen: dict[str, Any], rows: list[Row], by_number: bool) -> str:
    names = {meaning(str(one["key"]), by_number) for one in seen.get("level", {}).get("buckets", [])}
    names |= {one.severity for one in rows}
    order = ("FATAL", "CRITICAL", *RAISED, "INFO", "DEBUG", "TRACE")
    return next((name for name in order if name in names), next(iter(sorted(names)), ""))


def _sample(one: Row) -> Sample:
    text = redacted(one.message)
    text = text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + " [cut]"
    return Sample(at=one.at, text=text, trace=one.trace)
