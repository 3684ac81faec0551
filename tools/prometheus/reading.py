"""How are many questions answered by few requests, and their answers put on one grid?"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from clew.errors import QueryRejected, SourceError
from clew.tables import Floats
from tools.phrases import counted
from tools.prometheus.api import Api, Line, number
from tools.prometheus.asks import ROW, Form
from tools.prometheus.catalogue import Reach
from tools.prometheus.grid import Grid
from tools.prometheus.selector import Matcher, one_of

TOGETHER = 8
"""Questions in one request."""
CELLS = 400_000
"""Samples that one answer may hold, about 10 MB; more is asked for in portions."""
NAMES = 200
"""Services named in one request."""
TOO_MUCH = ("too many samples", "exceed", "larger than", "limit", "timed out", "too long", "cardinality")
"""What servers (and the transport) say when a question was too large: then half of it is asked."""


@dataclass(frozen=True)
class Portion:
    """What goes into one request: questions, and the services they are about (None: all)."""

    reaches: tuple[Reach, ...]
    services: tuple[str, ...] | None = None
    fine: bool = False
    """One answer per instance and mark, not per service."""

    def halves(self) -> tuple["Portion", ...]:
        """Two smaller ones; none where it is a single question that cannot be split."""
        if len(self.reaches) > 1:
            half = len(self.reaches) // 2
            return (
                Portion(self.reaches[:half], self.services, self.fine),
                Portion(self.reaches[half:], self.services, self.fine),
            )
        if self.services is not None and len(self.services) > 1:
            half = len(self.services) // 2
            return (
                Portion(self.reaches, self.services[:half], self.fine),
                Portion(self.reaches, self.services[half:], self.fine),
            )
        return ()


@dataclass(frozen=True)
class Cells:
    """One answer: the question, whose it is, and its values on the grid, NaN where nothing was measured."""

    reach: Reach
    labels: dict[str, str]
    values: Floats
    fine: bool


@dataclass
class Read:
    """What was answered and what was not."""

    cells: list[Cells] = field(default_factory=list[Cells])
    failed: list[tuple[Portion, SourceError]] = field(default_factory=list[tuple[Portion, SourceError]])
    warned: list[str] = field(default_factory=list[str])
    answered: int = 0

    @property
    def partial(self) -> str:
        """Why this is not all; empty if it is."""
        told = list(dict.fromkeys(self.warned))[:3]
        if self.failed:
            missing = sorted({reach.ask.family for portion, _ in self.failed for reach in portion.reaches})
            named = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            told.insert(0, f"{counted(len(missing), 'metric')} could not be read ({named}): {self.failed[0][1]}")
        return "; ".join(told)[:500]


@dataclass(eq=False)
class Reader:
    """Asks a server for portions, six at once (the transport's gate), halving what is too large."""

    api: Api
    scope: tuple[Matcher, ...]
    grid: Grid
    seconds: float
    """For all of it together; what is not there by then is missing, and what is there counts."""

    def query(self, reach: Reach, *, fine: bool, more: Iterable[Matcher] = ()) -> str:
        """The expression of one question, within the scope."""
        ask, place = reach.ask, reach.place
        rate = ask.form not in (Form.LEVEL, Form.SUM)
        by = place.finely if fine else place.by
        span = self.grid.span(place.interval, rate=rate)
        return ask.query(by, (*self.scope, *more), span, mean=self.grid.mean(place.interval))

    def portions(
        self, reaches: Sequence[Reach], services: Sequence[str] | None, of: int, *, fine: bool = False
    ) -> tuple[Portion, ...]:
        """The questions in as few requests as their answers allow: about all services, or about some of the `of` that there are."""
        most = max(1, CELLS // max(1, self.grid.count))
        widest = max((reach.rows / max(1, of) for reach in reaches), default=1.0)
        at_once = max(1, min(NAMES, int(most / max(widest, 1.0))))
        parts: list[tuple[str, ...] | None] = [None]
        if services is not None:
            parts = [tuple(services[i : i + at_once]) for i in range(0, len(services), at_once)]
        out: list[Portion] = []
        for part in parts:
            share = 1.0 if part is None else len(part) / max(1, of)
            held, size = list[Reach](), 0.0
            for reach in reaches:
                mine = max(1.0, reach.rows * share)
                if held and (len(held) >= TOGETHER or size + mine > most):
                    out.append(Portion(tuple(held), part, fine))
                    held, size = [], 0.0
                held.append(reach)
                size += mine
            if held:
                out.append(Portion(tuple(held), part, fine))
        return tuple(out)

    async def read(self, portions: Sequence[Portion]) -> Read:
        """Every portion, as far as time allows. Raises SourceError only where nothing at all was answered."""
        read = Read()
        tasks = [asyncio.create_task(self._portion(portion, read)) for portion in portions]
        late: set[asyncio.Task[None]] = set()
        if tasks:
            try:
                _, late = await asyncio.wait(tasks, timeout=self.seconds)
            finally:
                for task in tasks:
                    task.cancel()
                done = await asyncio.gather(*tasks, return_exceptions=True)
            for outcome in done:
                if isinstance(outcome, Exception):
                    raise outcome
        for portion, task in zip(portions, tasks, strict=True):
            if task in late:
                error = SourceError(self.api.transport.source, f"no answer within {self.seconds:g} s")
                read.failed.append((portion, error))
        if read.failed and not read.answered:
            raise read.failed[0][1]
        return read

    async def _portion(self, portion: Portion, read: Read) -> None:
        query, grid = self._together(portion), self.grid
        try:
            answer = await self.api.range(query, grid.start, grid.end, grid.step)
        except SourceError as error:
            halves = portion.halves() if _too_large(error) else ()
            if not halves:
                read.failed.append((portion, error))
            for half in halves:
                await self._portion(half, read)
            return
        read.answered += 1
        if answer.partial:
            read.warned.append(answer.partial)
        read.cells += await asyncio.to_thread(self._placed, portion, answer.lines)

    def _together(self, portion: Portion) -> str:
        parts: list[str] = []
        for row, reach in enumerate(portion.reaches):
            more: tuple[Matcher, ...] = ()
            if portion.services is not None and reach.place.service:
                more = (one_of(reach.place.service, portion.services),)
            query = self.query(reach, fine=portion.fine, more=more)
            parts.append(f'label_replace({query}, "{ROW}", "{row}", "", "")')
        return "\nor ".join(parts)

    def _placed(self, portion: Portion, lines: Sequence[Line]) -> list[Cells]:
        out: list[Cells] = []
        for line in lines:
            row = line.labels.get(ROW, "")
            if not row.isdigit() or int(row) >= len(portion.reaches):
                continue
            out.append(Cells(portion.reaches[int(row)], line.labels, on_grid(line, self.grid), portion.fine))
        return out


def on_grid(line: Line, grid: Grid) -> Floats:
    """The values (T,) at the grid's times; NaN where there is none, or none that is a number."""
    values = np.full(grid.count, np.nan)
    for at, text in line.pairs:
        place = round((at - grid.start) / grid.step)
        if 0 <= place < grid.count:
            values[place] = number(text)
    return values


def _too_large(error: SourceError) -> bool:
    text = str(error).lower()
    return isinstance(error, QueryRejected) or any(words in text for words in TOO_MUCH)
