"""How is it found out, with few requests, what a server has: all of it where that is little, else from a sample?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clew.errors import QueryRejected, SourceError
from tools.prometheus.api import Answer, Api, number
from tools.prometheus.catalogue import Catalogue, Naming, catalogued, sampled
from tools.prometheus.families import coded_in, families, kept, labels_of
from tools.prometheus.selector import Matcher, exactly, one_of, scope, seconds, selector
from tools.prometheus.settings import PrometheusSettings

LISTED = 40_000
"""Series that are listed one by one, about 8 MB; of more a sample is looked at."""
SAMPLED = 24
"""Services of such a sample."""
SINGLY = 24
"""Metrics that no sampled service has, whose labels are asked for one by one."""
JOBS = 4
"""Jobs of which the scrape interval is measured; the others have the usual one."""
RAW_SECONDS = 1200.0
_SEEN = 300.0
"""A multiple of the usual steps, seconds."""
_KEPT = 100
"""Windows whose ages are remembered."""
FRESH_SECONDS = 30.0
"""What was found out is taken for true so long."""


@dataclass(eq=False)
class Discovery:
    """Finds out what there is, once per stretch of time."""

    api: Api
    settings: PrometheusSettings
    listed: int = LISTED
    _ages: dict[float, float] = field(default_factory=dict[float, float])
    _known: dict[tuple[int, int], tuple[float, asyncio.Task[Catalogue]]] = field(
        default_factory=dict[tuple[int, int], tuple[float, asyncio.Task[Catalogue]]]
    )

    @property
    def scope(self) -> tuple[Matcher, ...]:
        return scope(self.settings.matchers)

    @property
    def everything(self) -> str:
        """A selector of all that the scope holds and the settings do not leave out."""
        names = "|".join(_pattern(glob) for glob in self.settings.leave_out)
        return selector(
            "", (Matcher("__name__", "!=", ""), *((Matcher("__name__", "!~", names),) if names else ()), *self.scope)
        )

    @property
    def naming(self) -> Naming:
        return Naming(self.settings.service_labels, self.settings.instance_labels)

    async def catalogue(self, start: float, end: float) -> Catalogue:
        """What can be asked between two times. Raises SourceError."""
        key, now = (int(start // 3600), int(end // 300)), asyncio.get_running_loop().time()
        self._known = {k: kept for k, kept in self._known.items() if now - kept[0] < FRESH_SECONDS}
        held = self._known.get(key)
        if held is None or (held[1].done() and (held[1].cancelled() or held[1].exception() is not None)):
            held = (now, asyncio.create_task(self._found(start, end)))
            held[1].add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever asked may be gone
            self._known[key] = held
        return await asyncio.shield(held[1])

    async def _found(self, start: float, end: float) -> Catalogue:
        types, stored = await asyncio.gather(self._types(), self._stored(start, end))
        if stored <= self.listed:
            series = await self.api.series((self.everything,), start, end)
            listed = [one for one in series if kept((one.get("__name__", ""),), self.settings.leave_out)]
            intervals = await self._intervals(listed, start, end)
            args = (listed, types, self.naming, intervals, max(stored, len(listed)))
            found = await asyncio.to_thread(catalogued, *args)
        else:
            found = replace(await self._from_sample(types, start, end), stored=stored)
        return replace(found, age=await self._age(found, start, end))

    async def _age(self, found: Catalogue, start: float, end: float) -> float:
        """How old a sample is, on average, when a time that is a multiple of the step is read, seconds: half an interval where unknown.

        Samples of one program share their times; those of a fleet lie anywhere in the interval, and half of it is what this comes to.
        """
        if start in self._ages or not found.reaches:
            return self._ages.get(start, 0.0)  # all reads of one window have the same times
        reach = min(found.reaches, key=lambda reach: (reach.ask.name != "up", -reach.rows))
        ages = f"(time() - timestamp({selector(reach.ask.name, self.scope)}))"
        try:
            answer = await self.api.instant(f"avg({ages} < {1.5 * found.interval:g})", max(start, end // _SEEN * _SEEN))
        except SourceError:
            answer = Answer()
        age = number(answer.lines[0].pairs[0][1]) if answer.lines else found.interval / 2
        self._ages = {**dict(list(self._ages.items())[-_KEPT:]), start: round(age, 3) if age >= 0 else 0.0}
        return self._ages[start]

    async def _from_sample(self, types: Mapping[str, str], start: float, end: float) -> Catalogue:
        label, services = await self._services(start, end)
        if not services:
            return Catalogue(partial="no label names a service here; set service_labels")
        some = [services[i] for i in np.linspace(0, len(services) - 1, min(SAMPLED, len(services))).astype(int)]
        chosen = self.everything.removesuffix("}") + f",{one_of(label, some)}}}"
        series = await self.api.series((chosen,), end - RAW_SECONDS, end)
        names = kept(await self.api.values("__name__", (self.everything,), start, end), self.settings.leave_out)
        labels = labels_of(one for one in series if kept((one.get("__name__", ""),), self.settings.leave_out))
        missing = [name for name in names if name not in labels]
        singly = await asyncio.gather(
            *(self.api.names((selector(name, self.scope),), end - RAW_SECONDS, end) for name in missing[:SINGLY])
        )
        labels |= {name: frozenset(found) - {"__name__"} for name, found in zip(missing, singly, strict=False)}
        intervals = await self._intervals(list(series), start, end)
        partial = f"{len(missing) - SINGLY} metrics were not looked at" if len(missing) > SINGLY else ""
        found = families(labels, types, coded_in(series))
        return replace(sampled(found, self.naming, intervals, services), partial=partial)

    async def _types(self) -> Mapping[str, str]:
        """Nothing where the server keeps no types: names tell them too."""
        try:
            return await self.api.types()
        except QueryRejected:
            return {}

    async def _stored(self, start: float, end: float) -> int:
        """How many series there are at the end, or at most where none is left by then."""
        step = max(60.0, (end - start) / 4)
        now = f"count({self.everything})"
        try:
            answer = await self.api.instant(now, end)
            if not answer.lines:
                answer = await self.api.instant(f"max_over_time({now}[{seconds(end - start)}:{seconds(step)}])", end)
        except QueryRejected as error:
            if "too many samples" in str(error):
                return 10 * LISTED
            raise
        value = number(answer.lines[0].pairs[0][1]) if answer.lines else 0.0
        return int(np.nan_to_num(value))

    async def _services(self, start: float, end: float) -> tuple[str, tuple[str, ...]]:
        """The first label that names services here, and all that it names."""
        for label in self.settings.service_labels:
            found = await self.api.values(label, (self.everything,), start, end)
            if found:
                return label, tuple(sorted(found))
        return "", ()

    async def _intervals(self, series: Sequence[Mapping[str, str]], start: float, end: float) -> dict[str, float]:
        """Seconds between samples, by job, as the raw samples of one series of each of a few jobs tell."""
        first: dict[str, Mapping[str, str]] = {}
        for one in series:
            if "le" not in one and "quantile" not in one:
                first.setdefault(one.get("job", ""), one)
        jobs = sorted(first)[:JOBS]
        found = await asyncio.gather(*(self._interval(first[job], start, end) for job in jobs))
        return {job: interval for job, interval in zip(jobs, found, strict=True) if interval is not None}

    async def _interval(self, one: Mapping[str, str], start: float, end: float) -> float | None:
        matchers = tuple(Matcher(label, "=", value) for label, value in sorted(one.items()) if label != "__name__")
        query = f"{selector(one['__name__'], matchers)}[{seconds(min(RAW_SECONDS, end - start))}]"
        for at in (end, (start + end) / 2):
            try:
                answer = await self.api.instant(query, at)
            except SourceError:
                return None
            times = [time for line in answer.lines for time, _ in line.pairs]
            if len(times) > 2:
                return _usual(float(np.median(np.diff(np.sort(times)))))
        return None


def _usual(measured: float) -> float:
    """The interval people set: scrapes are milliseconds early or late."""
    nearest = float(round(measured)) if measured >= 0.75 else measured
    return max(nearest, 0.1)


def _pattern(glob: str) -> str:
    """`scrape_*` as a pattern of the server's."""
    return ".*".join(exactly((part,)) for part in glob.split("*"))
