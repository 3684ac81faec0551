"""What do all series of a large fleet say, when no process reads more than a part of it?"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal, TypeVar

from clew.causal.moment import Moment
from clew.causal.summary import Summary, merged, summarise
from clew.causal.witness import gathered, witnesses
from clew.errors import SourceError, SourceTimeout, SourceUnavailable, StoreError
from clew.evidence import Asked, Evidence, Payload
from clew.frozen import Frozen
from clew.incident import Symptom, Window
from clew.limits import Limits
from clew.part import Part
from clew.ports import Era, Health, MetricSource, Telemetry, query
from clew.tables import Matrix
from tools.parcel import Answer, packed, unpacked

PARTS = 1000
"""At most; beyond that each holds more series than `Limits.series_at_once`."""


class PartTask(Frozen):
    """One question about one part. `moment` belongs to a summary, `symptom` to witnesses, `services` to series."""

    source: str
    asks: Literal["witnesses", "summary", "series"]
    window: Window
    part: Part
    era: Era = Era.NOW
    moment: Moment | None = None
    symptom: Symptom = Symptom()
    services: tuple[str, ...] = ()


Piece = TypeVar("Piece", Matrix, Summary)
Value = TypeVar("Value")
Ask = Callable[[Sequence[PartTask]], Awaitable[tuple[bytes, ...]]]
"""Lets workers answer tasks; answers come in the order of the tasks. Raises StoreError or TimeoutError."""


async def answered(sources: Sequence[object], task: PartTask, seconds: float) -> bytes:
    """The answer to a task by the sources of this process; a source that fails or takes longer than `seconds` is part of the answer."""
    source = next((s for s in sources if isinstance(s, MetricSource) and s.name == task.source), None)
    if source is None:
        return packed(f"this worker has no source {task.source}: give all workers the same settings")
    try:
        async with asyncio.timeout(seconds):
            return packed(await _answer(source, task))
    except TimeoutError:
        return packed(f"no answer about part {task.part.index + 1} of {task.part.of} within {seconds:g} s")
    except SourceError as error:
        return packed(str(error))


async def _answer(source: MetricSource, task: PartTask) -> Answer:
    if task.asks == "summary" and task.moment is not None:
        now, normal = await asyncio.gather(
            source.matrix(task.window, Era.NOW, task.part), source.matrix(task.window, Era.NORMAL, task.part)
        )
        return await asyncio.to_thread(summarise, now, normal, task.moment)
    found = await source.matrix(task.window, task.era, task.part)
    if task.asks == "witnesses":
        return await asyncio.to_thread(witnesses, found, task.symptom)
    wanted = frozenset(task.services)
    rows = [row for row, key in enumerate(found.keys) if key.service in wanted]
    return Matrix(found.times, tuple(found.keys[row] for row in rows), found.values[rows], found.query)


class PartedMetrics:
    """A FleetSource over a metric source and the workers that read its parts."""

    telemetry = Telemetry.METRICS

    def __init__(self, source: MetricSource, ask: Ask, limits: Limits) -> None:
        self._source = source
        self._ask = ask
        self._limits = limits

    @property
    def name(self) -> str:
        return self._source.name

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return self._source.link(asked, payload)

    async def check(self) -> Health:
        return await self._source.check()

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        return await self._source.matrix(window, era, part)

    async def series_count(self, window: Window) -> int:
        return await self._source.series_count(window)

    @query
    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """Series of `service` (empty: the whole system) whose name contains `metric`; at most 12."""
        return await self._source.series(service, metric, window)

    async def witnesses(self, window: Window, era: Era, symptom: Symptom) -> Matrix:
        parts = await self._parts(window)
        if not parts:
            return await self._within(self._source.matrix(window, era))
        found = await self._asked(
            PartTask(source=self.name, asks="witnesses", window=window, part=part, era=era, symptom=symptom)
            for part in parts
        )
        return witnesses(self._joined(gathered, [self._matrix(answer) for answer in found]), symptom)

    async def summary(self, window: Window, moment: Moment) -> Summary | None:
        parts = await self._parts(window)
        if not parts:
            return None
        found = await self._asked(
            PartTask(source=self.name, asks="summary", window=window, part=part, moment=moment) for part in parts
        )
        return await asyncio.to_thread(self._joined, merged, [self._summary(answer) for answer in found])

    async def of_services(self, window: Window, era: Era, services: frozenset[str]) -> Matrix:
        parts = await self._parts(window)
        if not parts:
            return Matrix.empty()
        asked = [(part, tuple(sorted(filter(part.holds, services)))) for part in parts]
        found = await self._asked(
            PartTask(source=self.name, asks="series", window=window, part=part, era=era, services=mine)
            for part, mine in asked
            if mine
        )
        return self._joined(gathered, [self._matrix(answer) for answer in found])

    async def _parts(self, window: Window) -> tuple[Part, ...]:
        """The parts of this window's fleet; none if it is small enough to be read whole."""
        count = await self._within(self._source.series_count(window))
        of = min(PARTS, math.ceil(count / self._limits.series_at_once))
        return tuple(Part(index=index, of=of) for index in range(of)) if of > 1 else ()

    async def _within(self, read: Awaitable[Value]) -> Value:
        try:
            async with asyncio.timeout(self._limits.source_seconds):
                return await read
        except TimeoutError as error:
            raise SourceTimeout(self.name, f"no answer within {self._limits.source_seconds:g} s") from error

    async def _asked(self, tasks: Iterable[PartTask]) -> tuple[Answer, ...]:
        try:
            async with asyncio.timeout(self._limits.parts_seconds):
                return tuple(unpacked(answer) for answer in await self._ask(tuple(tasks)))
        except TimeoutError as error:
            raise SourceTimeout(
                self.name, f"no answer about all parts within {self._limits.parts_seconds:g} s"
            ) from error
        except (StoreError, ValueError) as error:
            raise SourceUnavailable(self.name, f"the parts could not be read: {error}") from error

    def _joined(self, join: Callable[[Sequence[Piece]], Piece], pieces: Sequence[Piece]) -> Piece:
        try:
            return join(pieces)
        except ValueError as error:
            raise SourceUnavailable(self.name, str(error)) from error

    def _matrix(self, answer: Answer) -> Matrix:
        if isinstance(answer, Matrix):
            return answer
        raise SourceUnavailable(
            self.name, answer if isinstance(answer, str) else "a part was answered with something else"
        )

    def _summary(self, answer: Answer) -> Summary:
        if isinstance(answer, Summary):
            return answer
        raise SourceUnavailable(
            self.name, answer if isinstance(answer, str) else "a part was answered with something else"
        )
