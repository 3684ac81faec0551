"""How does a series become a picture that anyone can read?"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot import caption, timeline
from bot.chart_marks import Spec
from bot.chart_spec import spec
from bot.timeline_spec import timeline_spec
from clew.errors import ClewError
from clew.evidence import Series
from clew.hypothesis import Timeline
from clew.incident import Window

SECONDS = 10.0
GONE_SECONDS = 5.0
BYTES = 300_000
DETAILED = 600_000
"""A timeline is mostly words, which blur first."""
SCALES = (8 / 3, 2, 4 / 3)
"""1600 x 720 first, from a drawing small enough that its words are read in a thread; smaller only if the file is too large."""
WORKER = Path(__file__).with_name("chart_worker.py")


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn chart: PNG bytes, what it shows in words, and its finding."""

    png: bytes
    alt: str
    title: str


class Painter:
    """One process that draws, started at the first chart, replaced after one that took too long.

    Use it as `async with Painter() as painter`; drawings wait for one another.
    """

    def __init__(self, seconds: float = SECONDS, worker: Path = WORKER) -> None:
        self._seconds = seconds
        self._worker = worker
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def warm(self) -> None:
        """Starts the process and has it draw nothing, so that the first chart is as quick as the next. Raises ClewError."""
        await self.paint({"mark": "point", "data": {"values": []}})

    async def paint(self, drawing: Spec, most: int = BYTES) -> bytes:
        """The PNG of a Vega-Lite specification, in at most `most` bytes. Raises ClewError if it cannot be drawn in time."""
        async with self._turn:
            for scale in SCALES:
                png = await self._within(json.dumps({"spec": drawing, "scale": scale}).encode() + b"\n")
                if len(png) <= most:
                    return png
        raise ClewError(f"the chart is larger than {most} bytes at any size; its numbers stand as text")

    async def _within(self, line: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._drawn(line)
        except TimeoutError:
            await self._end()
            raise ClewError(f"the chart was not drawn within {self._seconds:g} s; its numbers stand as text") from None
        except (OSError, EOFError, ValueError) as error:
            await self._end()
            raise ClewError(f"the drawing process failed ({error}); the chart's numbers stand as text") from error
        except asyncio.CancelledError:
            await self._end()
            raise

    async def _drawn(self, line: bytes) -> bytes:
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        await process.stdin.drain()
        head = (await process.stdout.readline()).decode()
        size, _, reason = head.partition(" ")
        if not head:
            raise EOFError("it ended")
        if not int(size):
            raise ClewError(f"the chart could not be drawn: {reason.strip()}")
        return await process.stdout.readexactly(int(size))

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", str(self._worker), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        with suppress(TimeoutError):  # a process that even a kill does not end must not hold up ours
            async with asyncio.timeout(GONE_SECONDS):
                await process.wait()


async def picture(shows: Series | Timeline, window: Window, painter: Painter) -> Picture:
    """A series or a timeline as a PNG with its words. Raises ClewError if it cannot be drawn."""
    if isinstance(shows, Series):
        return await chart(shows, window, painter)
    png = await painter.paint(timeline_spec(shows), DETAILED)
    return Picture(png, timeline.alternative(shows), timeline.title(shows))


async def chart(series: Series, window: Window, painter: Painter) -> Picture:
    """The series in the window (Unix seconds) as a PNG of 1600 x 720 with its words. Raises ClewError if it cannot be drawn."""
    if not any(value is not None for value in series.values):
        raise ClewError(f"{series.name} has no point to draw")
    png = await painter.paint(spec(series, window))
    return Picture(png, caption.alternative(series, window), caption.title(series))
