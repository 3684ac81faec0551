"""What does it cost when sources are down or answers lack a part, and is anything then called healthy?"""

import asyncio
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import numpy as np
from rich.table import Table

from bench import accuracy
from bench.case import Case, case
from bench.heard import families
from bench.quiet import quiet, stretches, taken_lines
from bench.replay import Replay
from bot.composition import Facts
from clew.causal.selftime import taken
from clew.evidence import Asked, Evidence, Payload
from clew.incident import Window
from clew.part import Part
from clew.ports import Era, Health, LogSource, MetricSource, Source, Telemetry, TraceSource
from clew.tables import Bools, LogTable, Matrix, SeriesKey, Spans
from clew.testing.sources import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood

SHARES = (0.1, 0.3, 0.5)
DRAWS = 3
SOURCES = "sources"
"""Each source is down with this chance."""
PARTS = "parts"
"""Each series, line and trace is missing with this chance, and its source says that its answer is not all."""
UNSAID = "parts, unsaid"
"""The same, and nobody says so: as if they had never been recorded."""
WAYS = (SOURCES, PARTS, UNSAID)
_SEED = 12
_DOWN: dict[Telemetry, type[FakeMetrics | FakeLogs | FakeTraces | FakeChanges | FakeGraph]] = {
    Telemetry.METRICS: FakeMetrics,
    Telemetry.LOGS: FakeLogs,
    Telemetry.TRACES: FakeTraces,
    Telemetry.CHANGES: FakeChanges,
    Telemetry.TOPOLOGY: FakeGraph,
}


class Lost(NamedTuple):
    """One answer with a share of the facts gone. `place`: of a right service, from 0; None where there is none to be found."""

    family: str
    way: str
    share: float
    place: int | None
    healthy: bool
    quiet: bool
    """True for a window in which nothing was wrong."""
    blind: bool
    """True if something is gone in which trouble could have shown."""


@dataclass(frozen=True)
class Dice:
    """The same item always falls alike, and whatever is lost of a smaller share is lost of a larger one."""

    seed: int
    share: float
    said: bool = True

    def lost(self, count: int, about: str) -> Bools:
        """Which of `count` numbered items are gone."""
        return np.random.default_rng([self.seed, zlib.crc32(about.encode())]).random(count) < self.share

    def series(self, key: SeriesKey) -> bool:
        """Whether this series is gone, in every table it occurs in."""
        name = "\x1f".join((key.service, key.instance, key.metric, *(value for _, value in key.labels)))
        return bool(self.lost(1, name)[0])

    @property
    def partial(self) -> str:
        return f"about {100 * self.share:.0f} % of the answer did not come" if self.said else ""


class _Thinned:
    """A source whose answers lack a share."""

    def __init__(self, inner: Source, dice: Dice) -> None:
        self._inner = inner
        self._dice = dice
        self.lacks = False
        """Whether anything was missing so far."""

    def _partial(self, gone: bool) -> str:
        self.lacks = self.lacks or gone
        return self._dice.partial if gone else ""

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def telemetry(self) -> Telemetry:
        return self._inner.telemetry

    async def check(self) -> Health:
        return await self._inner.check()

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return self._inner.link(asked, payload)


class ThinMetrics(_Thinned):
    """A MetricSource without a share of its series."""

    @property
    def _metrics(self) -> MetricSource:
        return cast(MetricSource, self._inner)

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        found = await self._metrics.matrix(window, era, part)
        kept = np.flatnonzero([not self._dice.series(key) for key in found.keys])
        keys = tuple(found.keys[row] for row in kept)
        partial = self._partial(len(keys) < len(found.keys))
        return Matrix(found.times, keys, found.values[kept], found.query, partial)

    async def series_count(self, window: Window) -> int:
        return await self._metrics.series_count(window)

    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        return await self._metrics.series(service, metric, window)


class ThinLogs(_Thinned):
    """A LogSource without a share of its lines."""

    @property
    def _logs(self) -> LogSource:
        return cast(LogSource, self._inner)

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        found = await self._logs.lines(window, era)
        gone = self._dice.lost(len(found), f"lines {era.value}")
        return replace(taken_lines(found, ~gone), partial=self._partial(bool(gone.any())))

    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        return await self._logs.search(service, text, window)


class ThinTraces(_Thinned):
    """A TraceSource without a share of its traces."""

    @property
    def _traces(self) -> TraceSource:
        return cast(TraceSource, self._inner)

    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans:
        found = await self._traces.spans(window, era)
        gone = self._dice.lost(len(found.traces), f"traces {era.value}")[found.trace]
        return replace(taken(found, ~gone), partial=self._partial(bool(gone.any())))

    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        return await self._traces.slowest(service, window)


def without(sources: Sequence[Source], way: str, share: float, seed: int) -> tuple[Source, ...]:
    """The sources as they are when a share of them, or of what each would answer, is gone."""
    dice = Dice(seed, share, said=way == PARTS)
    if way == SOURCES:
        down = [dice.lost(1, source.telemetry.value)[0] for source in sources]
        return tuple(
            _DOWN[one.telemetry](name=one.name, mood=Mood.FAILS) if gone else one
            for one, gone in zip(sources, down, strict=True)
        )
    return tuple(_thinned(source, dice) for source in sources)


def _thinned(source: Source, dice: Dice) -> Source:
    if isinstance(source, MetricSource):
        return ThinMetrics(source, dice)
    if isinstance(source, LogSource):
        return ThinLogs(source, dice)
    return ThinTraces(source, dice) if isinstance(source, TraceSource) else source


def losses(folder: Path) -> tuple[Lost, ...]:
    """The answers on the case in `folder`, and on one quiet window of it, for every way, share and draw. Raises BadCase."""
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        opened = case(folder, Path(scratch))
        calm = [quiet(opened, one) for one in stretches(opened, 1) if one.calm]
        return tuple(asyncio.run(_answers(opened, calm)))


async def _answers(opened: Case, calm: Sequence[Case]) -> list[Lost]:
    replay = Replay()
    found = [await _answer(replay, opened, "", 0.0, 0)]
    found += [await _answer(replay, window, "", 0.0, 0, quiet=True) for window in calm]
    for way, share, draw in _ways():
        found.append(await _answer(replay, opened, way, share, draw))
        found.extend([await _answer(replay, window, way, share, draw, quiet=True) for window in calm])
    return found


def _ways() -> Iterator[tuple[str, float, int]]:
    return ((way, share, draw) for way in WAYS for share in SHARES for draw in range(DRAWS))


async def _answer(replay: Replay, opened: Case, way: str, share: float, draw: int, *, quiet: bool = False) -> Lost:
    seed = zlib.crc32(f"{_SEED} {draw} {opened.family}/{opened.name}".encode())
    sources = without(opened.facts.sources, way, share, seed) if way else opened.facts.sources
    told = (await replay.answer(replace(opened, facts=Facts(sources, opened.facts.brief)))).prediction
    truth = opened.truth
    quiet = quiet or (truth is not None and bool(truth.healthy))
    scored = truth is not None and bool(truth.services) and not quiet
    blind = any(one.lacks if isinstance(one, _Thinned) else _down(one) for one in sources)
    place = accuracy.place(told.ranking, truth.services) if scored and truth is not None else None
    return Lost(opened.family, way, share, place, told.healthy, quiet, blind)


def _down(source: Source) -> bool:
    """True for one that is down and in which trouble could have shown."""
    fakes = (FakeMetrics, FakeLogs, FakeTraces)
    return isinstance(source, fakes) and source.mood is Mood.FAILS


def loss_table(rows: Sequence[Lost]) -> Table:
    """AC@1 / AC@3 by family, way and share, beside nothing lost."""
    table = Table(title="With a share of the facts lost", title_justify="left")
    for column in ("family", "what is lost", "nothing", *(f"{100 * share:.0f} %" for share in SHARES)):
        table.add_column(column)
    scored = [row for row in rows if row.place is not None]
    for family in families(row.family for row in scored):
        mine = [row for row in scored if row.family == family]
        full = _share([row for row in mine if not row.way])
        for way in WAYS:
            cells = [_share([row for row in mine if (row.way, row.share) == (way, share)]) for share in SHARES]
            table.add_row(family if way == WAYS[0] else "", way, full if way == WAYS[0] else "", *cells)
        table.add_section()
    return table


def _share(rows: Sequence[Lost]) -> str:
    found = accuracy.share([row.place for row in rows if row.place is not None])
    return f"{found.first:.2f} / {found.third:.2f}"


def health_table(rows: Sequence[Lost]) -> Table:
    """Verdicts "nothing is wrong": during incidents, and in quiet windows of which a part was not seen; only the unsaid may have any."""
    table = Table(title="Called healthy", title_justify="left")
    for column in (
        "what is lost",
        "incidents",
        "healthy",
        "quiet windows",
        "of them not all seen",
        "those called healthy",
    ):
        table.add_column(column)
    for way in ("", *WAYS):
        mine = [row for row in rows if row.way == way]
        incidents, calm = [row for row in mine if not row.quiet], [row for row in mine if row.quiet]
        blind = [row for row in calm if row.blind]
        counts = (incidents, [r for r in incidents if r.healthy], calm, blind, [r for r in blind if r.healthy])
        table.add_row(way or "nothing", *(str(len(one)) for one in counts))
    return table
