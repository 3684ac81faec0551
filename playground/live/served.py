"""How does a recorded incident answer from real servers, through the sources that people configure?"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from clew.incident import Window
from clew.ports import LogSource, MetricSource, Source, TraceSource
from clew.tables import Floats, LogTable, Matrix, Spans, Tables
from playground.live.exposition import written
from playground.live.loading import indexed
from playground.live.prometheus import backfilled, prometheus
from tools import source_kinds
from tools.outside import Outside

SOON = 1.0
"""The servers are asked this long after the last thing that was recorded, seconds."""
APART = 86_400.0
"""A fault-free reference lies at least this long before the incident, seconds."""
AnyTable = TypeVar("AnyTable", Matrix, LogTable, Spans)


@dataclass(frozen=True)
class Servers:
    """The programs of a Prometheus, and the address of an OpenSearch that runs."""

    prometheus: str
    promtool: str
    opensearch: str


@asynccontextmanager
async def served(
    held: Tables, window: Window, servers: Servers, folder: Path, outside: Outside
) -> AsyncGenerator[tuple[Source, ...]]:
    """The sources of the metrics, lines and spans of `held`, as of its end; `folder` is for data and gives the indices their name.

    A fault-free reference is moved to a whole number of days before the incident, where the sources are told to look for one.
    `window` is the one that will be asked about. Raises NotStartedError.
    """
    ended = span_of(held)[1] + SOON
    normal = Tables(matrix=held.normal_matrix, lines=held.normal_lines, spans=held.normal_spans)
    reach: dict[str, Any] = {"history_seconds": max(0.0, window.start - span_of(held)[0]) + 60.0}
    if span_of(normal) != NEVER:
        first, last = span_of(normal)
        offset = APART * (1 + (last - first + reach["history_seconds"]) // APART)
        normal = later(normal, ended - SOON - offset - last)
        reach["normal_offset_seconds"] = offset
        reach["history_seconds"] = max(reach["history_seconds"], window.start - offset - span_of(normal)[0] + 60.0)
    seen = replace(outside, now=lambda: ended)
    async with AsyncExitStack() as stack:
        sources: list[Source] = []
        if len(held.matrix.keys):
            url = await _measured(stack, held.matrix, normal.matrix, servers, folder)
            sources += await _opened(stack, "prometheus", {"url": url, **reach}, seen)
        indices = await _searchable(servers.opensearch, held, normal, folder.name)
        if indices:
            sources += await _opened(stack, "opensearch", {"url": servers.opensearch, **indices, **reach}, seen)
        yield tuple(one for one in sources if isinstance(one, MetricSource | LogSource | TraceSource))


async def _measured(stack: AsyncExitStack, now: Matrix, normal: Matrix, servers: Servers, folder: Path) -> str:
    """The address of a Prometheus that holds both."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    if len(
        normal.keys
    ):  # apart, since the tool reads a file again for every two hours between its first sample and its last
        await asyncio.to_thread(written, normal, folder / "normal.om")
        await backfilled(servers.promtool, folder / "normal.om", folder / "data")
    await asyncio.to_thread(written, now, folder / "now.om")
    running = prometheus(servers.prometheus, folder, openmetrics=folder / "now.om", promtool=servers.promtool)
    return await stack.enter_async_context(running)


async def _searchable(url: str, held: Tables, normal: Tables, name: str) -> Mapping[str, str]:
    """The settings that name the indices; empty where there is nothing to search."""
    now, then = await indexed(url, held, f"{name}-now"), await indexed(url, normal, f"{name}-normal")
    told = {
        "log_index": ",".join(index for index in (now.lines, then.lines) if index),
        "span_index": ",".join(index for index in (now.spans, then.spans) if index),
    }
    return {setting: value for setting, value in told.items() if value}


async def _opened(
    stack: AsyncExitStack, name: str, settings: Mapping[str, Any], outside: Outside
) -> tuple[Source, ...]:
    (kind,) = (kind for kind in source_kinds() if kind.name == name)
    return await stack.enter_async_context(kind.opened(kind.settings.model_validate(settings), outside))


NEVER = (0.0, 0.0)


def span_of(held: Tables) -> tuple[float, float]:
    """The first and the last moment of what was measured and written; NEVER where nothing was."""
    every = [times for times in (held.matrix.times, held.lines.times, held.spans.start) if len(times)]
    return (min(float(t[0]) for t in every), max(float(t[-1]) for t in every)) if every else NEVER


def later(held: Tables, seconds: float) -> Tables:
    """The same, moved in time."""
    return Tables(
        matrix=replace(held.matrix, times=_moved(held.matrix.times, seconds)),
        lines=replace(held.lines, times=_moved(held.lines.times, seconds)),
        spans=replace(held.spans, start=_moved(held.spans.start, seconds)),
    )


def _moved(times: Floats, seconds: float) -> Floats:
    return np.asarray(times + seconds, dtype=np.float64)
