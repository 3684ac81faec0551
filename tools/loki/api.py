"""How is Loki asked: labels, counts at a moment, lines of a stretch of time?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from clew.errors import SourceUnavailable
from clew.incident import Window
from tools.loki.logql import Selection
from tools.loki.settings import LokiSettings
from tools.loki.shapes import LIKE, Lines, Names, Volumes
from tools.outside import Outside
from tools.shape import shaped
from tools.transport import Transport

SERVICE = ("service_name", "service", "app", "app_kubernetes_io_name", "job", "container")
"""What the label of a service is called, the best first."""
Counts = dict[tuple[str, ...], int]


@dataclass
class Reading:
    """One read: how much may still come, and why something did not."""

    left: float
    """Bytes."""
    warned: str = ""
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    """So few answers at a time can go beyond the budget."""


@dataclass(frozen=True)
class Known:
    """What a question is made of: the label of the service, empty where none is known, and the lines that may be read."""

    service: str
    base: Selection


@dataclass(frozen=True, eq=False)
class Api:
    """One Loki."""

    way: Transport
    settings: LokiSettings
    outside: Outside

    def reading(self) -> Reading:
        """The budget of one read."""
        return Reading(self.settings.megabytes * 1e6)

    async def known(self, window: Window) -> Known | None:
        """The labels of a window's streams; None where there are no streams. Raises SourceError."""
        labels = await self.labels(window)
        if not labels:
            return None
        wanted = (self.settings.service_label,) if self.settings.service_label else SERVICE
        service = next((name for name in wanted if name in labels), "")
        present = "" if self.settings.only else service or labels[0]
        return Known(service, Selection(tuple(sorted(self.settings.only.items())), present))

    async def labels(self, window: Window) -> tuple[str, ...]:
        """Names of the labels there are. Raises SourceError."""
        reply = await self.way.get("/loki/api/v1/labels", _between(window))
        return (await shaped(self.way.source, Names, reply.body, LIKE)).data

    async def count(self, what: Selection, by: Sequence[str], window: Window, reading: Reading) -> Counts:
        """How many lines there are by the values of labels, in (start, end]. Raises SourceError."""
        seconds = max(1, round(window.seconds))
        asked = {"query": what.counted(by, seconds), "time": _nano(window.end)}
        reply = await self.way.get("/loki/api/v1/query", asked)
        found = await shaped(self.way.source, Volumes, reply.body, LIKE)
        _heard(found.warnings, reading)
        try:
            return {tuple(one.metric.get(n, "") for n in by): int(float(one.value[1])) for one in found.data.result}
        except (ValueError, OverflowError) as error:
            raise SourceUnavailable(self.way.source, "a count is no number; is url that of a Loki?") from error

    async def lines(
        self,
        what: Selection,
        span: tuple[int, int],
        limit: int,
        reading: Reading,
        order: Literal["forward", "backward"],
    ) -> Lines:
        """At most `limit` lines within nanoseconds [from, until). Raises SourceError."""
        asked = {
            "query": what.text,
            "start": str(span[0]),
            "end": str(span[1]),
            "limit": str(limit),
            "direction": order,
        }
        async with reading.gate:
            if reading.left <= 0:
                raise SourceUnavailable(
                    self.way.source, f"{self.settings.megabytes:g} MB of lines were read, and no more"
                )
            reply = await self.way.get("/loki/api/v1/query_range", asked)
            reading.left -= len(reply.body)
        found = await shaped(self.way.source, Lines, reply.body, LIKE)
        _heard(found.warnings, reading)
        return found


def nanoseconds(window: Window) -> tuple[int, int]:
    """(start, end] as Loki's [from, until)."""
    return int(_nano(window.start)) + 1, int(_nano(window.end)) + 1


def _nano(at: float) -> str:
    return str(round(max(0.0, at) * 1e6) * 1000)


def _between(window: Window) -> dict[str, str]:
    return {"start": _nano(window.start), "end": _nano(window.end)}


def _heard(warnings: tuple[str, ...] | None, reading: Reading) -> None:
    if warnings:
        reading.warned = f"Loki says: {' '.join(warnings[0].split())[:120]}"
