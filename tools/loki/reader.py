"""Which lines does an investigation need: all where they are few, else the loud ones first and rows that stand for the rest."""

import asyncio
import math
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal, TypeVar

from clew.errors import SourceError, SourceTimeout
from clew.incident import Window
from tools.loki.api import Api, Counts, Known, Reading, nanoseconds
from tools.loki.entries import Entry, entries
from tools.loki.logql import Selection
from tools.rows import Row

SLICES = 12
PATIENCE = 0.4
"""Share of a question's time for each of the two steps of a read, after which what has come must do."""
Answer = TypeVar("Answer")
Group = tuple[str, bool]
"""A service, and whether its lines are loud."""


@dataclass
class Taken:
    """What a read came to: rows that stand for lines, what no row stands for, and why it is not all."""

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    how: str = "all lines"
    dropped: int = 0
    said: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, eq=False)
class Reader:
    """One reading of the lines of a window."""

    api: Api
    known: Known
    window: Window
    reading: Reading

    async def read(self) -> Taken:
        """Counts first, lines then. Raises SourceError where there is no count, or no line of any slice came."""
        slices = _slices(self.window)
        levelled = await self._levelled()
        counts = await self._all([self._counted(part, levelled) for part in slices])
        total = sum(sum(count.values()) for count in counts)
        taken = Taken()
        if total == 0:
            return taken
        whole = total <= self.api.settings.lines
        if not whole:
            taken.how = (
                f"{self.api.settings.lines:,} of {total:,} lines, errors first; each row stands for those like it"
            )
        busy = [(part, count) for part, count in zip(slices, counts, strict=True) if count]
        if whole:
            answers = await self._some([self._whole(part) for part, _ in busy], taken)
            taken.rows = {entry.row.id: entry.row for found in answers for entry in found}
            taken.dropped = max(0, total - len(taken.rows))
        else:
            answers = await self._some([self._sampled(part, len(busy), levelled) for part, _ in busy], taken)
            for (_, count), found in zip(busy, answers, strict=True):
                _stand(count, found, taken)
        if self.reading.warned:
            taken.said.append(self.reading.warned)
        return taken

    async def _levelled(self) -> bool:
        """Whether lines carry the level by which loud ones can be selected."""
        label = self.api.settings.level_label
        found = await self.api.count(self.known.base, (label,), self.window, self.reading)
        return any(name not in ("", "unknown") for (name,) in found)

    async def _counted(self, part: Window, levelled: bool) -> dict[Group, int]:
        """Lines of a slice by group."""
        by = (self.known.service,) if self.known.service else ()
        label = self.api.settings.level_label if levelled else ""
        base = self.known.base
        every, loud = await asyncio.gather(
            self.api.count(base, by, part, self.reading),
            self.api.count(base.loud(label), by, part, self.reading),
        )
        return _grouped(every, loud)

    async def _whole(self, part: Window) -> list[Entry]:
        """Every line of a slice, page by page."""
        found: dict[str, Entry] = {}
        start, end = nanoseconds(part)
        while start < end:
            rows, newest = await self._page(self.known.base, (start, end), self.api.settings.page, "forward")
            found.update((entry.row.id, entry) for entry in rows)
            if len(rows) < self.api.settings.page or newest is None:
                break
            # several lines may share a moment: it is asked for again, unless all of a page did
            start = newest if newest > start else newest + 1
        return list(found.values())

    async def _sampled(self, part: Window, slices: int, levelled: bool) -> list[Entry]:
        """The first loud lines of a slice, and the last of all kinds."""
        share = max(10, self.api.settings.lines // slices // 2)
        limit = min(share, self.api.settings.page)
        loud = self.known.base.loud(self.api.settings.level_label if levelled else "")
        span = nanoseconds(part)
        first, last = await asyncio.gather(
            self._page(loud, span, limit, "forward", levelled=levelled),
            self._page(self.known.base, span, limit, "backward", levelled=levelled),
        )
        return list({entry.row.id: entry for entry in (*first[0], *last[0])}.values())

    async def _page(
        self,
        what: Selection,
        span: tuple[int, int],
        limit: int,
        order: Literal["forward", "backward"],
        *,
        levelled: bool = False,
    ) -> tuple[list[Entry], int | None]:
        found = await self.api.lines(what, span, limit, self.reading, order)
        streams = found.data.result
        label, level = self.known.service, self.api.settings.level_label
        rows = [entry for stream in streams for entry in entries(stream, label, level, levelled=levelled)]
        moments = [int(v[0]) for stream in streams for v in stream.values if v and str(v[0]).isdecimal()]
        return rows, max(moments, default=None)

    async def _all(self, asked: Sequence[Coroutine[Any, Any, Answer]]) -> list[Answer]:
        """All answers; raises the first error."""
        tasks = [asyncio.ensure_future(one) for one in asked]
        try:
            async with asyncio.timeout(self.api.outside.seconds * PATIENCE):
                return await asyncio.gather(*tasks)
        except TimeoutError as error:
            raise SourceTimeout(
                self.api.way.source, "counting the lines took too long; hold it to fewer by `only`"
            ) from error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _some(self, asked: Sequence[Coroutine[Any, Any, list[Entry]]], taken: Taken) -> list[list[Entry]]:
        """What came in time, an empty list for the rest, which is said; raises the first error where nothing came."""
        tasks = [asyncio.ensure_future(one) for one in asked]
        try:
            done, late = await asyncio.wait(tasks, timeout=self.api.outside.seconds * PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        errors = [error for task in tasks if task in done and (error := task.exception()) is not None]
        strange = [error for error in errors if not isinstance(error, SourceError)]
        if strange or len(errors) == len(tasks):
            raise (strange or errors)[0]
        if len(late) + len(errors) == len(tasks):
            raise SourceTimeout(self.api.way.source, f"no line came within {self.api.outside.seconds * PATIENCE:g} s")
        if late:
            taken.said.append(f"{len(late)} of {len(tasks)} stretches of time were not read in time")
        if errors:
            taken.said.append(f"{len(errors)} of {len(tasks)} stretches of time could not be read: {errors[0]}")
        return [task.result() if task in done and task.exception() is None else [] for task in tasks]


def _stand(count: dict[Group, int], found: list[Entry], taken: Taken) -> None:
    """Shares the lines that were counted among the rows that were read."""
    groups: dict[Group, list[Row]] = {}
    for row, loud in found:
        groups.setdefault((row.service, loud), []).append(row)
    for group, mine in groups.items():
        many = max(count.get(group, 0), len(mine))
        each, over = divmod(many, len(mine))
        for place, row in enumerate(mine):
            taken.rows[row.id] = replace(row, stands=each + (place < over))
    taken.dropped += sum(many for group, many in count.items() if group not in groups)


def _grouped(every: Counts, loud: Counts) -> dict[Group, int]:
    known, errors = Counter[str](), Counter[str]()
    for counts, into in ((every, known), (loud, errors)):
        for names, many in counts.items():
            into[names[0] if names else ""] += many
    out = {(name, True): many for name, many in errors.items() if many}
    return out | {(name, False): rest for name, many in known.items() if (rest := many - errors[name]) > 0}


def _slices(window: Window) -> tuple[Window, ...]:
    """The window in stretches of whole seconds, the first of them beginning a little before it."""
    width = max(1, math.ceil(window.seconds / SLICES))
    many = math.ceil(window.seconds / width)
    edges = [window.end - width * place for place in range(many, -1, -1)]
    return tuple(Window(start=max(a, 0.0), end=b) for a, b in pairwise(edges) if b > 0)
