"""Which sources are configured, for everybody and for each scope, and how are they opened?"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from bot.settings import Settings, scoped
from clew.ports import Source
from tools import SourceKind, source_kinds
from tools.outside import Outside


@dataclass(frozen=True)
class Sourced:
    """Open sources: everybody's, and those of each scope by its name."""

    sources: tuple[Source, ...] = ()
    scopes: Mapping[str, tuple[Source, ...]] = field(default_factory=dict[str, tuple[Source, ...]])


@asynccontextmanager
async def sourced(settings: Settings, outside: Outside | None = None) -> AsyncGenerator[Sourced]:
    """Every source that is configured, while open. Raises Misconfigured, naming the source and what to do."""
    given = replace(outside or Outside(), seconds=settings.limits.source_seconds, links=settings.links)
    async with AsyncExitStack() as stack:
        sources = await _opened(stack, settings.sources, given)
        scopes = {scope.name: await _opened(stack, scoped(settings, scope), given) for scope in settings.scopes}
        yield Sourced(sources, scopes)


async def _opened(stack: AsyncExitStack, configured: Mapping[str, BaseModel], outside: Outside) -> tuple[Source, ...]:
    kinds: dict[str, SourceKind] = {kind.name: kind for kind in source_kinds()}
    found: list[Source] = []
    for name, settings in configured.items():
        found += await stack.enter_async_context(kinds[name].opened(settings, outside))
    return tuple(found)
