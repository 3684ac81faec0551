"""How many log lines did each service write at each severity: one counting request, before anything is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clew.incident import Window
from tools.opensearch.fields import Fields, Known
from tools.opensearch.rows import severity
from tools.opensearch.store import Body, Budget, Store, reading

SERVICES = 500
SEVERITIES = 12
BINS = 10
LOUD = ("ERROR", "ERR", "FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "SEVERE", "PANIC")
RAISED = (*LOUD, "WARN", "WARNING")


@dataclass(frozen=True)
class Cell:
    """Lines of one service at one severity (as it is stored), and how many in each stretch of the window."""

    service: str
    severity: str
    count: int
    course: tuple[int, ...]


@dataclass(frozen=True)
class Volumes:
    """All cells, most lines first. `total` counts what is in no cell too."""

    total: int
    cells: tuple[Cell, ...]
    levels: tuple[tuple[str, int], ...]
    """Stored severities and their lines."""
    by_number: bool
    partial: str = ""

    def named(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The stored severities that mean one of `wanted`, and their lines."""
        held = [(name, count) for name, count in self.levels if meaning(name, self.by_number) in wanted]
        return tuple(name for name, _ in held), sum(count for _, count in held)

    def without(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The stored severities that mean something, and none of `wanted`, and their lines."""
        held = [(name, count) for name, count in self.levels if meaning(name, self.by_number) not in ("", *wanted)]
        return tuple(name for name, _ in held), sum(count for _, count in held)

    @property
    def services(self) -> int:
        return len({cell.service for cell in self.cells})


def meaning(stored: str, by_number: bool) -> str:
    """What a stored severity is called in our tables."""
    return severity("", stored) if by_number else severity(stored)


def level(fields: Fields) -> tuple[Known, bool]:
    """The field of the severity and whether it holds numbers."""
    if fields["severity"].exact:
        return fields["severity"], False
    return fields["number"], bool(fields["number"].exact)


def within(fields: Fields, window: Window) -> Body:
    """Documents of a stretch of time, both ends among them."""
    span = {"gte": int(window.start * 1000), "lte": int(window.end * 1000), "format": "epoch_millis"}
    return {"range": {fields.time: span}}


def one_of(field: str, values: Sequence[str]) -> Body:
    return {"terms": {field: list(values)}}


def counted(field: str, size: int, inner: Body | None = None) -> Body:
    """Documents by the whole values of a field. Documents without one are counted by who subtracts: `missing` needs the field's type."""
    return {"terms": {"field": field, "size": size}, **({"aggs": inner} if inner else {})}


async def volumes(store: Store, fields: Fields, window: Window, budget: Budget) -> Volumes:
    """Counts of all lines in `window`. Raises SourceError."""
    width = max(1, int(window.seconds / BINS) + 1)
    course = {"date_histogram": {"field": fields.time, "fixed_interval": f"{width}s", "min_doc_count": 1}}
    inner: Body = {"course": course}
    known, by_number = level(fields)
    if fields["service"].exact:
        inner = {"service": counted(fields["service"].exact, SERVICES, inner)}
    if known.exact:
        inner = {"level": counted(known.exact, SEVERITIES, inner)}
    body = {"track_total_hits": True, "aggs": inner}
    answer = await store.search(body, [within(fields, window)], budget)
    with reading(store.name):
        levels = [_bucket(one) for one in answer.aggregations.get("level", {}).get("buckets", [])]
        cells = tuple(_cells(answer.aggregations))
    return Volumes(
        answer.hits.total.value,
        tuple(sorted(cells, key=lambda cell: -cell.count)),
        tuple(levels),
        by_number,
        answer.partial,
    )


def _bucket(one: dict[str, Any]) -> tuple[str, int]:
    return str(one["key"]), int(one["doc_count"])


def _cells(aggregations: dict[str, Any], level: str = "", service: str = "") -> list[Cell]:
    out: list[Cell] = []
    for one in aggregations.get("level", {}).get("buckets", []):
        out += _cells(one, level=str(one["key"]))
    for one in aggregations.get("service", {}).get("buckets", []):
        out += _cells(one, level, str(one["key"]))
    if "course" in aggregations:
        course = tuple(int(one["doc_count"]) for one in aggregations["course"]["buckets"])
        out.append(Cell(service, level, sum(course), course))
    return out
