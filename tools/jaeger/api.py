"""How is Jaeger asked for traces: in slices of time, so that a limit cuts everywhere alike and not only at one end?"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from clew.errors import SourceError, SourceTimeout
from clew.incident import Window
from tools.jaeger.settings import JaegerSettings
from tools.jaeger.shapes import LIKE, Calls, Services, Traces
from tools.outside import Outside
from tools.shape import Shape, shaped
from tools.spans import Span
from tools.transport import Params, Transport

REQUESTS = 120
"""For traces, in one read at most."""
SLICES = 12
SERVICES = 60
"""Asked for traces; the traces of one service hold the spans of those that it calls."""
PATIENCE = 0.6
"""Share of a read's time after which what has come must do."""


@dataclass(frozen=True)
class Gathered:
    """Spans of whole traces, each once; what they are a sample of, and why some may be missing."""

    spans: tuple[Span, ...]
    sample: str = ""
    partial: str = ""


@dataclass(frozen=True)
class _Slice:
    service: str
    window: Window


@dataclass
class _Tally:
    limit: int
    bytes: int = 0
    full: int = 0
    """Slices in which there were as many traces as were asked for."""


@dataclass(frozen=True, eq=False)
class Api:
    """One Jaeger, for one kind of its sources."""

    way: Transport
    settings: JaegerSettings
    outside: Outside

    async def services(self) -> tuple[str, ...]:
        """Names of the services that may be read. Raises SourceError."""
        found = await self._got("/api/services", {}, Services)
        return tuple(sorted(name for name in found.data or () if name and self.allowed(name)))

    async def calls(self, window: Window) -> tuple[tuple[str, str], ...]:
        """Edges as Jaeger itself reckons them. Raises SourceError."""
        asked = {"endTs": str(round(window.end * 1000)), "lookback": str(round(window.seconds * 1000))}
        found = await self._got("/api/dependencies", asked, Calls)
        return tuple((one.caller, one.callee) for one in found.data or ())

    def allowed(self, service: str) -> bool:
        """Whether the settings let this service be read."""
        return not self.settings.services or any(fnmatchcase(service, name) for name in self.settings.services)

    async def traces(self, services: Sequence[str], window: Window, most: int) -> Gathered:
        """About `most` whole traces of these services, from all over the window. Raises SourceError where none came."""
        asked = tuple(services[:SERVICES])
        if not asked:
            return Gathered(())
        slices = _slices(asked, window)
        tally = _Tally(limit=max(2, -(-most // len(slices))))
        gate = asyncio.Semaphore(6)

        async def one(part: _Slice) -> Traces:
            async with gate:
                return await self._slice(part, tally)

        answers, missed = await self._answered([asyncio.ensure_future(one(part)) for part in slices])
        spans = {(s.trace, s.id): s for found in answers for t in found.data or () for s in t.ones()}
        kept = tuple(s for s in spans.values() if self.allowed(s.service))
        said = [missed] if missed else []
        if len(services) > len(asked):
            said.append(f"traces of {len(asked)} of {len(services)} services were asked for")
        sample = ""
        if tally.full:
            sample = f"a sample: {tally.full} of {len(slices)} requests had more traces than {tally.limit}"
        return Gathered(kept, sample, "; ".join(said))

    async def _slice(self, part: _Slice, tally: _Tally) -> Traces:
        if tally.bytes > self.settings.megabytes * 1e6:
            raise SourceTimeout(self.way.source, f"{self.settings.megabytes:g} MB of traces were read, and no more")
        asked = {
            "service": part.service,
            "start": str(round(part.window.start * 1e6)),
            "end": str(round(part.window.end * 1e6)),
            "limit": str(tally.limit),
        }
        reply = await self.way.get("/api/traces", asked)
        tally.bytes += len(reply.body)
        found = await shaped(self.way.source, Traces, reply.body, LIKE)
        tally.full += len(found.data or ()) >= tally.limit
        return found

    async def _answered(self, tasks: Iterable[asyncio.Task[Traces]]) -> tuple[list[Traces], str]:
        """What came in time, and in words what did not; raises the first error where nothing came."""
        every = list(tasks)
        try:
            done, late = await asyncio.wait(every, timeout=self.outside.seconds * PATIENCE)
        finally:
            for task in every:
                task.cancel()
        await asyncio.gather(*every, return_exceptions=True)
        failed = [error for task in done if (error := task.exception()) is not None]
        for error in failed:
            if not isinstance(error, SourceError):
                raise error
        found = [task.result() for task in done if task.exception() is None]
        if not found:
            raise (
                failed[0]
                if failed
                else SourceTimeout(
                    self.way.source, f"no answer within {self.outside.seconds:g} s; ask for fewer services or traces"
                )
            )
        said = [f"{len(late)} of {len(every)} requests for traces were not answered in time"] if late else []
        if failed:
            said.append(f"{len(failed)} of {len(every)} requests for traces failed: {failed[0]}")
        return found, "; ".join(said)

    async def _got(self, path: str, params: Params, shape: type[Shape]) -> Shape:
        reply = await self.way.get(path, params)
        return await shaped(self.way.source, shape, reply.body, LIKE)


def _slices(services: Sequence[str], window: Window) -> tuple[_Slice, ...]:
    """Each service in as many equal stretches as the number of requests allows."""
    many = max(1, min(SLICES, REQUESTS // len(services)))
    width = window.seconds / many
    return tuple(
        _Slice(name, Window(start=window.start + width * place, end=window.start + width * (place + 1)))
        for place in range(many)
        for name in services
    )
