"""Who calls whom right now, outside of any investigation?"""

import asyncio

import structlog

from clew.deps import Deps
from clew.errors import SourceError
from clew.incident import Window
from clew.ports import GraphSource
from clew.tables import CallGraph
from clew.topology import merged

log = structlog.get_logger("clew.calls")


async def calls_of(deps: Deps, scope: str) -> CallGraph | None:
    """What every source of a scope knows of the last look-back, as one graph; None if none of them says anything.

    Each is given `Limits.source_seconds`; one that fails is left out.
    """
    now = deps.clock.now()
    window = Window(start=now - deps.limits.lookback_seconds, end=now, reason="before the alert")
    sources = [source for source in deps.within(scope).sources if isinstance(source, GraphSource)]
    found = await asyncio.gather(*(_graph(source, window, deps.limits.source_seconds) for source in sources))
    told = [(source.name, graph) for source, graph in zip(sources, found, strict=True) if graph is not None]
    return merged(told) if any(graph.edges for _, graph in told) else None


async def _graph(source: GraphSource, window: Window, seconds: float) -> CallGraph | None:
    try:
        async with asyncio.timeout(seconds):
            return await source.graph(window)
    except (SourceError, TimeoutError) as error:
        log.info("no call graph", source=source.name, why=str(error) or "no answer in time")
        return None
