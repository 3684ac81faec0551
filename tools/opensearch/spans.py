"""Which spans does an investigation need: all of them where they are few, else whole traces drawn by their ids."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clew.incident import Window
from clew.tables import Spans
from tools.opensearch.fields import Fields
from tools.opensearch.paging import Pages, Wanted, pages
from tools.opensearch.store import Body, Budget, Hit, Store
from tools.opensearch.volumes import within
from tools.redact import redacted
from tools.spans import Span, table

ROLES = ("trace", "span", "parent", "service", "operation", "nanoseconds", "microseconds", "status")
FAILED = frozenset({"2", "error", "status_code_error", "failure", "failed", "true", "err"})
"""What a status that means failure is called: OpenTelemetry's code, Jaeger's and ECS's words."""
DIGITS = "0123456789abcdef"
SEEN = 200
TRIES = 3
NAME_CHARACTERS = 300


@dataclass(frozen=True, eq=False)
class SpanReader:
    """One reading of the spans of a window, at most `most`."""

    store: Store
    fields: Fields
    window: Window
    most: int
    budget: Budget

    async def read(self) -> tuple[Spans, str]:
        """The table without its query, and how it was read in plain words. Raises SourceError."""
        total = await self._count([])
        drawn, how = [], "all spans"
        if total > self.most:
            drawn, share = await self._drawn(total)
            how = f"whole traces, {share:.2g} of all"
        told, found = Pages(size=400.0), list[Span]()
        asked = (within(self.fields, self.window), *drawn)
        async for page in pages(
            self.store, Wanted(self.fields.wanted(*ROLES), asked, self.fields.time), self.budget, told
        ):
            found += [one for one in (span(hit, self.fields) for hit in page) if one is not None]
            if len(found) > self.most * 1.5:
                told.partial = (
                    told.partial or f"more than {self.most:,} spans, and no sample of whole traces is small enough"
                )
                break
        return replace(table(found, self.window), partial=told.partial), how

    async def _count(self, filters: list[Body]) -> int:
        answer = await self.store.search(
            {"track_total_hits": True}, [within(self.fields, self.window), *filters], self.budget
        )
        return answer.hits.total.value

    async def _drawn(self, total: int) -> tuple[list[Body], float]:
        """Traces whose id goes on, after what all ids begin with, in one of so many ways that the share fits; the same in every service."""
        trace = self.fields["trace"].exact
        if not trace:
            return [], 1.0
        seen = await self.store.search(
            {"size": SEEN, "random": 7, **self.fields.wanted("trace")}, [within(self.fields, self.window)], self.budget
        )
        ids = [text for hit in seen.hits.hits if (text := self.fields.text(hit, "trace"))]
        begin = _common(ids)
        wanted = self.most / total
        chosen, count = list[Body](), total
        for _ in range(TRIES):
            chosen = [{"bool": {"should": [{"prefix": {trace: {"value": end}}} for end in endings(begin, wanted)]}}]
            count = await self._count(chosen)
            if 0 < count <= self.most:
                break
            wanted *= 0.8 * self.most / count if count else 4.0
        return chosen, count / total


def _common(ids: Sequence[str]) -> str:
    """What all of them begin with; empty where there is but one."""
    low, high = min(ids, default=""), max(ids, default="")
    same = next((place for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), 0)
    return low[:same]


def endings(begin: str, share: float) -> tuple[str, ...]:
    """Beginnings of hexadecimal ids that hold about `share` of those that begin with `begin`."""
    length = 1
    while share * 16**length < 2 and length < 6:
        length += 1
    # evenly spread: ids that count upwards are drawn from all over
    many = max(1, min(16**length - 1, int(share * 16**length)))
    places = [int(place * 16**length / many) for place in range(many)] if many <= 64 else list(range(64))
    return tuple(begin + format(place, f"0{length}x") for place in places)


def span(hit: Hit, fields: Fields) -> Span | None:
    """A document as a span; None where it has no time or no length that can be read."""
    start = fields.at(hit)
    nano, micro = fields.text(hit, "nanoseconds"), fields.text(hit, "microseconds")
    try:
        duration = float(nano) / 1e9 if nano else float(micro) / 1e6
    except ValueError:
        return None
    if start is None or not 0 <= duration < 1e7:
        return None
    return Span(
        fields.text(hit, "trace"),
        fields.text(hit, "span"),
        fields.text(hit, "parent"),
        fields.text(hit, "service"),
        redacted(fields.text(hit, "operation"))[:NAME_CHARACTERS],
        start,
        duration,
        fields.text(hit, "status").lower() in FAILED,
    )
