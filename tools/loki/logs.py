"""What did the services log: a LogSource over Loki."""

from dataclasses import replace

from clew.errors import SourceUnavailable
from clew.evidence import Asked, Evidence, Lines, Payload, Sample, Standing, evidence
from clew.incident import Window
from clew.ports import Era, Health, Telemetry, query
from clew.tables import LogTable
from tools.loki.api import Api, Counts, Known, Reading, nanoseconds
from tools.loki.checking import checked
from tools.loki.entries import entries
from tools.loki.logql import Selection
from tools.loki.reader import Reader
from tools.phrases import asked, clock, counted, nothing, span
from tools.redact import redacted
from tools.rows import Row, table

LINES = 50
SAMPLE_CHARACTERS = 2_000
NAME_CHARACTERS = 200
ORDER = ("FATAL", "CRITICAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")


class LokiLogs:
    """LogSource: lines by labels, levels and words."""

    telemetry = Telemetry.LOGS
    name = "loki"

    def __init__(self, api: Api) -> None:
        self._api = api

    async def check(self) -> Health:
        """Reach, rights, labels, recent lines and the clock. Never raises."""
        return await checked(self._api, self.name)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """The same lines in Grafana, where its Loki is known."""
        query = asked.query.partition(" (")[0]
        return self._api.outside.links.stream(query, asked.window) if query.startswith("{") else None

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        """All lines where they are few, else rows that stand for several; see `reader.Reader`. Raises SourceError."""
        reach = self._reach(window, era)
        if reach is None:
            return LogTable.empty(f"loki: no {era.value} time to read")
        known = await self._api.known(reach)
        if known is None:
            return LogTable.empty("GET /loki/api/v1/labels (no streams)")
        if not known.service:
            raise SourceUnavailable(self.name, "no label says which service a line is of; set service_label")
        reader = Reader(self._api, known, reach, self._api.reading())
        taken = await reader.read()
        found = table(taken.rows.values(), reach, f"{known.base.text} ({taken.how})", "; ".join(taken.said))
        return replace(found, dropped=taken.dropped)

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Log lines of `service` (empty: any) that contain `text` (a plain string); newest first, at most 50."""
        taken_at = self._api.outside.now()
        known = await self._api.known(window)
        asking = asked(self.name, "search", "GET /loki/api/v1/labels", window, service=service, text=text)
        what = f" containing {text!r}" if text else ""
        none = f"No log line{f' of {service}' if service else ''}{what} in {span(window)}."
        if known is None or len(service) > NAME_CHARACTERS or (service and not known.service):
            return (nothing(asking, none[:600], taken_at, service[:NAME_CHARACTERS]),)
        wanted = known.base.where(known.service, service) if service else known.base
        wanted = wanted.containing(text) if text else wanted
        asking = asking.model_copy(update={"query": wanted.text})
        reading = self._api.reading()
        found = await self._api.lines(wanted, nanoseconds(window), LINES, reading, "backward")
        label, level = known.service, self._api.settings.level_label
        rows = [entry.row for stream in found.data.result for entry in entries(stream, label, level)]
        newest = sorted(rows, key=lambda row: (-row.at, row.id))[:LINES]
        if not newest:
            return (nothing(asking, none, taken_at, service),)
        now, before = await self._counts(wanted, known, window, reading)
        return tuple(
            _fact(name, [row for row in newest if row.service == name], asking, (text, now, before), taken_at)
            for name in dict.fromkeys(row.service for row in newest)
        )

    async def _counts(self, wanted: Selection, known: Known, window: Window, reading: Reading) -> tuple[Counts, Counts]:
        """How many such lines by service, in the window and in the same time before it."""
        by = (known.service,) if known.service else ()
        earlier = Window(start=max(0.0, window.start - window.seconds), end=window.start)
        return (
            await self._api.count(wanted, by, window, reading),
            await self._api.count(wanted, by, earlier, reading),
        )

    def _reach(self, window: Window, era: Era) -> Window | None:
        settings = self._api.settings
        if era is Era.NORMAL:
            offset = settings.normal_offset_seconds
            return Window(start=window.start - offset, end=window.end - offset) if offset is not None else None
        start, end = max(0.0, window.start - settings.history_seconds), min(window.end, self._api.outside.now())
        return Window(start=start, end=end) if end > start else None


def _fact(name: str, rows: list[Row], asking: Asked, known: tuple[str, Counts, Counts], taken_at: float) -> Evidence:
    text, now, before = known
    many = max(now.get((name,), 0), len(rows))
    levels = {row.severity for row in rows}
    payload = Lines(
        service=redacted(name),
        severity=next((level for level in ORDER if level in levels), next(iter(sorted(levels)), "")),
        template=text or "any line",
        count=many,
        usual=before.get((name,), 0),
        first=min(row.at for row in rows) if many == len(rows) else None,
        last=max(row.at for row in rows),
        samples=tuple(_sample(row) for row in rows),
    )
    what = f" containing {text!r}" if text else ""
    says = f"{payload.service or 'Something unnamed'} wrote {counted(many, 'line')}{what} in {span(asking.window)}, "
    says += f"first at {clock(payload.first)}, " if payload.first is not None else ""
    says += f"last at {clock(payload.last or 0)}."
    return evidence(asking, payload, says, taken_at=taken_at, standing=Standing.SEEN)


def _sample(row: Row) -> Sample:
    text = redacted(row.message)
    text = text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + " [cut]"
    return Sample(at=row.at, text=text, trace=row.trace)
