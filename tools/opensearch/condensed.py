"""What stands for more log lines than can be read: real lines of every kind, service and stretch of time, with true counts."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clew.errors import SourceError, SourceTimeout
from clew.incident import Window
from tools.opensearch.fields import Fields, Known
from tools.opensearch.kinds import Kinds, Sort, has, of, of_none
from tools.opensearch.rows import ROLES, Row, row
from tools.opensearch.store import Answer, Body, Budget, Hit, Store, reading
from tools.opensearch.volumes import SERVICES, SEVERITIES, Volumes, counted, level, within

SEED = 7
SAMPLES = 2_000
"""Lines looked at for kinds, about."""
ROUNDS = 4
"""How often what no kind covers is looked at again."""
BUCKETS = 20_000
"""Of one counting request; servers refuse more than 65,535."""
AT_ONCE = 30
"""Kinds counted in one request."""
NEW_WORDS = 30
HITS = 100
"""Lines of one bucket at most (`index.max_inner_result_window`)."""


@dataclass(frozen=True, eq=False)
class Condenser:
    """Reads what stands for the lines that match `filters` within `window`, in at most `most` rows."""

    store: Store
    fields: Fields
    window: Window
    filters: tuple[Body, ...]
    volumes: Volumes
    most: int
    budget: Budget

    async def rows(self) -> tuple[list[Row], str]:
        """The rows, and why they do not stand for all; empty if they do. Raises SourceError where nothing could be read."""
        if not self.fields["message"].words:
            bins = max(1, min(24, self.most // max(1, len(self.volumes.cells) * 3)))
            return await self._rest([], bins, 3), ""
        kinds, pairs = await self._kinds()
        bins = max(4, min(24, self.most // 2 // max(1, pairs)))
        out: list[Row] = []
        partial = ""
        try:
            async for found in self._counted(kinds, bins):
                out += found
            out += await self._rest([of_none(self.fields, kinds)], 4, 5)
        except SourceTimeout:
            if not out:
                raise
            partial = "counting the kinds of log lines took longer than one question may"
        return out[: 2 * self.most], partial

    async def _kinds(self) -> tuple[Kinds, int]:
        """Kinds from samples of every service and severity, from words that are new, and from what these leave over."""
        kinds = Kinds()
        each = max(3, min(HITS, SAMPLES // max(1, len(self.volumes.cells))))
        sampled = await self._rest([], 1, each)
        kinds.learn(sampled)
        new = await self._new()
        kinds.learn(new)
        for _ in range(ROUNDS):
            left = await self._rest([of_none(self.fields, kinds)], 1, each)
            sampled += left
            if not left or not kinds.learn(left):
                break
        return kinds, len({(one.service, one.severity) for one in sampled}) * max(1, len(kinds.words) // 3)

    async def _new(self) -> list[Row]:
        """Lines with words that the last quarter of the window has and the time before it had not (`significant_text`).

        A server that does not know the question leaves this out: what no kind covers is looked at again in any case.
        """
        recent = replace_start(self.window, self.window.end - self.window.seconds / 4)
        before = replace_end(self.window, recent.start)
        background = {"bool": {"filter": [*self.store.held, within(self.fields, before)]}}
        words = {"field": self.fields["message"].words, "size": NEW_WORDS, "background_filter": background}
        aggs: Body = {"sample": {"sampler": {"shard_size": 2_000}, "aggs": {"new": {"significant_text": words}}}}
        try:
            answer = await self._ask({"aggs": aggs, "random": SEED}, recent)
            with reading(self.store.name):
                found = [str(one["key"]) for one in answer.aggregations["sample"]["new"]["buckets"]][:NEW_WORDS]
            if not found:
                return []
            shown = {"line": {"top_hits": {"size": 2, **self._wanted}}}
            each = {f"w{i}": {"filter": has(self.fields, (word,)), "aggs": shown} for i, word in enumerate(found)}
            answer = await self._ask({"aggs": each}, recent)
            with reading(self.store.name):
                return [one for name in each for one in self._hits(answer.aggregations[name]["line"])]
        except SourceTimeout:
            raise
        except SourceError:
            return []

    async def _counted(self, kinds: Kinds, bins: int) -> AsyncGenerator[list[Row]]:
        """Rows of each kind: the first line of all, and of each stretch of time those of the lowest trace ids.

        The lowest ids in every service: so the lines of one trace stay together, and who erred first can be seen.
        """
        sorts = kinds.sorts()
        most = max(1, min(AT_ONCE, BUCKETS // max(1, min(self.volumes.services or 1, 50) * bins)))
        for start in range(0, len(sorts), most):
            batch = sorts[start : start + most]
            body: Body = {"aggs": {f"k{i}": self._of(sort, bins) for i, sort in enumerate(batch)}}
            answer = await self._ask(body, self.window)
            with reading(self.store.name):
                yield [one for i in range(len(batch)) for one in self._split(answer.aggregations[f"k{i}"])]

    def _of(self, sort: Sort, bins: int) -> Body:
        first = {"top_hits": {"size": 1, "sort": [{self.fields.time: {"order": "asc"}}], **self._wanted}}
        return {
            "filter": of(self.fields, sort),
            "aggs": {"first": first, **self._cells(self._course(bins, 3, by_trace=True))},
        }

    async def _rest(self, filters: list[Body], bins: int, each: int) -> list[Row]:
        """Lines drawn at random from every service, severity and stretch of time, `each` standing for its share."""
        body: Body = {"aggs": self._cells(self._course(bins, each, by_trace=False)), "random": SEED}
        answer = await self._ask(body, self.window, filters)
        with reading(self.store.name):
            return list(self._split(answer.aggregations))

    def _course(self, bins: int, each: int, *, by_trace: bool) -> Body:
        lines: Body = {"size": min(each, HITS), **self._wanted}
        if by_trace:
            order: list[Body] = [{self.fields.time: {"order": "asc"}}]
            trace = self.fields["trace"].exact
            lines["sort"] = [{trace: {"order": "asc", "missing": "_last"}}, *order] if trace else order
        width = max(1, int(self.window.seconds / bins) + 1)
        course = {"field": self.fields.time, "fixed_interval": f"{width}s", "min_doc_count": 1}
        return {"course": {"date_histogram": course, "aggs": {"lines": {"top_hits": lines}}}}

    def _cells(self, inner: Body) -> Body:
        for name, known, size in (
            ("service", self.fields["service"], SERVICES),
            ("level", level(self.fields)[0], SEVERITIES),
        ):
            inner = self._by(name, known, size, inner)
        return inner

    def _by(self, name: str, known: Known, size: int, inner: Body) -> Body:
        if not known.exact:
            return inner
        without = {"missing": {"field": known.exact}}
        return {name: counted(known.exact, size, inner), f"no {name}": {**without, "aggs": inner}}

    def _split(self, found: dict[str, Any]) -> Iterator[Row]:
        """The rows of all buckets below; the lines of a bucket share what they stand for."""
        if "first" in found:
            yield from self._hits(found["first"])
        if "course" in found:
            for bucket in found["course"]["buckets"]:
                rows = self._hits(bucket["lines"])
                share, more = divmod(int(bucket["doc_count"]), max(1, len(rows)))
                for place, one in enumerate(rows):
                    yield replace(one, stands=share + (place < more))
        for name in ("service", "level"):
            for bucket in found.get(name, {}).get("buckets", []):
                yield from self._split(bucket)
            if f"no {name}" in found:
                yield from self._split(found[f"no {name}"])

    def _hits(self, found: dict[str, Any]) -> list[Row]:
        hits = [Hit.model_validate(one) for one in found["hits"]["hits"]]
        return [one for one in (row(hit, self.fields) for hit in hits) if one is not None]

    @property
    def _wanted(self) -> Body:
        return self.fields.wanted(*ROLES)

    async def _ask(self, body: Body, window: Window, filters: Sequence[Body] = ()) -> Answer:
        return await self.store.search(
            {**body, "track_total_hits": False}, [within(self.fields, window), *self.filters, *filters], self.budget
        )


def replace_start(window: Window, start: float) -> Window:
    return window.model_copy(update={"start": start})


def replace_end(window: Window, end: float) -> Window:
    return window.model_copy(update={"end": end})
