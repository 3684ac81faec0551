"""How are all documents of a search read: page by page in order of time, until done or the budget is spent."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import SourceTimeout, SourceUnavailable
from tools.opensearch.store import Answer, Body, Budget, Hit, Store

FIRST = 200
"""Documents of the first page: it tells how large they are."""
MOST = 2_500
WIDEST = 10_000
"""What a server gives at once unless it is told otherwise (`index.max_result_window`)."""
PAGE_BYTES = 4_000_000


@dataclass
class Pages:
    """What reading came to. `partial` says why it is not all; empty if it is."""

    read: int = 0
    partial: str = ""
    size: float = 1_000.0
    """Bytes of one document, as seen."""


@dataclass(frozen=True)
class Wanted:
    """Which documents, what of each, and the field that orders them."""

    body: Body
    filters: Sequence[Body]
    time: str


async def pages(store: Store, wanted: Wanted, budget: Budget, told: Pages) -> AsyncGenerator[list[Hit]]:
    """The matching documents in order of time, each once; whoever iterates may stop at any time. Raises SourceError.

    A page is taken up again at the last time of the one before, and what was seen then is left out: no tie-breaker is needed, which
    not every server has (`_shard_doc`) or allows (`_id`).
    """
    pit = await store.pit(budget)
    try:
        size, after, seen = FIRST, None, frozenset[str]()
        while True:
            sent: Body = {
                **wanted.body,
                "size": size,
                "sort": [{wanted.time: {"order": "asc"}}],
                "track_total_hits": False,
            }
            if after is not None:
                sent["search_after"] = [after - 1]
            answer = await _page(store, sent, wanted.filters, (budget, told, pit))
            if answer is None:
                return
            told.partial = told.partial or answer.partial
            hits = answer.hits.hits
            fresh = [hit for hit in hits if _name(hit) not in seen]
            if fresh:
                told.read += len(fresh)
                yield fresh
            if len(hits) < size:
                return
            last = _last(store, hits[-1])
            if last == after and size >= WIDEST:
                told.partial = told.partial or f"more than {WIDEST:,} documents have the same time"
                return
            # a page of nothing but one moment must be wider than that moment
            size = min(WIDEST, size * 2) if last == after else max(FIRST, min(MOST, int(PAGE_BYTES / told.size)))
            after, seen = last, frozenset(_name(hit) for hit in hits if _last(store, hit) == last)
    finally:
        if pit is not None:
            await store.close_pit(pit, budget)


async def _page(
    store: Store, sent: Body, filters: Sequence[Body], state: tuple[Budget, Pages, str | None]
) -> Answer | None:
    """None where time ran out after something was read: what was read stands."""
    budget, told, pit = state
    try:
        return await store.search(sent, filters, budget, pit=pit)
    except SourceTimeout:
        if not told.read:
            raise
        told.partial = "reading all of it took longer than one question may"
        return None


def _name(hit: Hit) -> str:
    return f"{hit.index}/{hit.id}"


def _last(store: Store, hit: Hit) -> int:
    place: Any = hit.sort[0] if hit.sort else None
    if not isinstance(place, int):
        raise SourceUnavailable(store.name, "its time field is not mapped as a date, so lines have no order")
    return place
