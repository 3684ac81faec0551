"""What does the cluster hold: lists of objects, page by page, in the namespaces that may be read?"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from clew.errors import SourceError, SourceTimeout, SourceUnavailable
from tools.kubernetes.settings import KubernetesSettings
from tools.outside import Outside

PAGE = 500
"""Objects in one answer."""
BARE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for metadata alone: what a ConfigMap or a Secret holds never leaves the API server."""
HELD = frozenset({"configmaps", "secrets"})
Object = dict[str, Any]
Lister = Callable[..., Awaitable[Any]]
"""A call of the official client that lists objects."""


@dataclass(frozen=True)
class Listing:
    """Objects of one kind, and why they are not all."""

    items: tuple[Object, ...] = ()
    partial: str = ""


@dataclass(frozen=True)
class Inventory:
    """Objects by kind."""

    held: Mapping[str, Listing] = field(default_factory=dict[str, Listing])

    def __getitem__(self, kind: str) -> tuple[Object, ...]:
        return self.held[kind].items if kind in self.held else ()

    @property
    def partial(self) -> str:
        return "; ".join(dict.fromkeys(one.partial for one in self.held.values() if one.partial))


@dataclass(frozen=True, eq=False)
class Cluster:
    """One API server, held to its namespaces."""

    source: str
    listers: Mapping[str, Lister]
    settings: KubernetesSettings
    outside: Outside

    async def inventory(self, needed: tuple[str, ...], useful: tuple[str, ...] = ()) -> Inventory:
        """The objects of these kinds. What is needed raises SourceError; what is useful is only missed, and said."""
        kinds = (*needed, *useful)
        tasks = {kind: asyncio.ensure_future(self.listed(kind)) for kind in kinds}
        try:
            async with asyncio.timeout(self.outside.seconds):
                found = await asyncio.gather(*tasks.values(), return_exceptions=True)
        except TimeoutError as error:
            raise SourceTimeout(self.source, f"no answer within {self.outside.seconds:g} s") from error
        finally:
            for task in tasks.values():
                task.cancel()
        held: dict[str, Listing] = {}
        for kind, answer in zip(kinds, found, strict=True):
            if isinstance(answer, BaseException):
                if kind in needed or not isinstance(answer, SourceError):
                    raise answer
                held[kind] = Listing(partial=f"{kind} could not be read: {answer}"[:160])
            else:
                held[kind] = answer
        return Inventory(held)

    async def listed(self, kind: str) -> Listing:
        """All of one kind, in every namespace that may be read. Raises SourceError."""
        if kind == "nodes":
            return await self._pages(kind, {})
        each = await asyncio.gather(*(self._pages(kind, {"namespace": n}) for n in self.settings.namespaces))
        items = tuple(item for listing in each for item in listing.items)
        return Listing(items, "; ".join(dict.fromkeys(one.partial for one in each if one.partial)))

    async def _pages(self, kind: str, where: dict[str, str]) -> Listing:
        items: list[Object] = []
        given: dict[str, Any] = {"limit": PAGE, **where}
        if kind in HELD:
            given["_headers"] = {"Accept": BARE}
        while True:
            answer = await self.listers[kind](**given)
            page, more = await asyncio.to_thread(self._page, bytes(await answer.read()))
            items += page
            if not more:
                return Listing(tuple(items))
            if len(items) >= self.settings.objects:
                place = f" in {where['namespace']}" if where else ""
                return Listing(tuple(items), f"only {len(items):,} {kind}{place} were read; there are more")
            given["_continue"] = more

    def _page(self, body: bytes) -> tuple[list[Object], str]:
        try:
            read = _Page.model_validate_json(body)
        except ValidationError as error:
            raise SourceUnavailable(
                self.source, f"{self.source} did not answer as the Kubernetes API does; is url right?"
            ) from error
        return list(read.items), read.metadata.more or ""


class _Meta(BaseModel):
    more: str | None = Field(default=None, alias="continue")


class _Page(BaseModel):
    """A list of anything."""

    items: tuple[Object, ...]
    metadata: _Meta


@asynccontextmanager
async def reading(source: str) -> AsyncGenerator[None]:
    """An object that is not shaped as the API's own is no answer. Raises SourceUnavailable."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SourceUnavailable(source, "an object is not shaped as the Kubernetes API says; was url right?") from error
