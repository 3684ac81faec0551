"""What stands for more log lines than can be read: rows of every kind, service and stretch of time, with true counts."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clew.errors import SourceError, SourceTimeout
from clew.incident import Window
from tools.opensearch.fields import Fields, Known
from tools.opensearch.kinds import Kinds, Sort, has, of, of_none
from tools.opensearch.rows import ROLES, row
from tools.opensearch.store import Answer, Body, Budget, Hit, Store, reading
from tools.opensearch.volumes import SERVICES, SEVERITIES, Volumes, counted, level, meaning, within
from tools.rows import Row

SEED = 7
SAMPLES = 1_000
"""Lines looked at for kinds at most, about."""
ROUNDS = 4
"""How often what no kind covers is looked at again."""
BUCKETS = 20_000
"""Of one counting request; servers refuse more than 65,535."""
AT_ONCE = 30
"""Kinds counted in one request."""
NEW_WORDS = 30
OF_TRACES = 3
"""Lines of each kind, service and stretch of time."""
HITS = 100
"""Lines of one bucket at most (`index.max_inner_result_window`)."""


@dataclass(frozen=True, eq=False)
class Condenser:
    """Reads what stands for the lines that match `filters` within `window`, in about `most` rows.

    Rows of quiet lines have the text of the first line of their kind, so that a kind's counts stay those of one template, and the mean
    time of the lines that they stand for. Rows of any other lines are real lines.
    """

    store: Store
    fields: Fields
    window: Window
    filters: tuple[Body, ...]
    volumes: Volumes
    most: int
    budget: Budget
    quiet: bool = False
    told: list[str] = field(default_factory=list[str])
    """Why something is missing, if it is."""

    async def rows(self) -> list[Row]:
        """The rows; `told` says afterwards why they do not stand for all. Raises SourceError where nothing could be read."""
        if not self.fields["message"].words:
            return await self._rest([], max(1, min(24, self.most // max(1, len(self.volumes.cells) * 3))), 3)
        kinds, sampled = await self._kinds()
        out: list[Row] = []
        try:
            async for found in self._counted(kinds, self._bins(kinds, sampled)):
                out += found
            return out + await self._rest([of_none(self.fields, kinds)], 4, 5)
        except SourceTimeout:
            self.told.append("counting the kinds of log lines took longer than one question may")
            return out or sampled

    def _bins(self, kinds: Kinds, sampled: list[Row]) -> int:
        """Stretches of time, as many as the rows allow: about so many services write each kind."""
        pairs = len({(one.service, one.severity) for one in sampled}) * max(1, len(kinds.words) // 3)
        return max(6, min(24, self.most // max(1, pairs)))

    async def _kinds(self) -> tuple[Kinds, list[Row]]:
        """Kinds from samples of every service and severity, from words that are new, and from what these leave over."""
        kinds = Kinds()
        each = max(3, min(HITS, min(SAMPLES, max(200, self.most)) // max(1, len(self.volumes.cells))))
        sampled = await self._rest([], 1, each)
        kinds.learn(sampled)
        half = self.budget.left / 2
        try:
            kinds.learn(await self._new())
            for _ in range(ROUNDS):
                left = await self._rest([of_none(self.fields, kinds)], 1, each)
                if not left or not kinds.learn(left) or self.budget.left < half:
                    break
        except SourceTimeout:
            self.told.append("looking for rare kinds of log lines took longer than one question may")
        return kinds, sampled

    async def _new(self) -> list[Row]:
        """Lines with words that the last quarter of the window has and the time before it had not (`significant_text`).

        A server that does not know the question leaves this out: what no kind covers is looked at again in any case.
        """
        then = self.window.end - self.window.seconds / 4
        recent, before = Window(start=then, end=self.window.end), Window(start=self.window.start, end=then)
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
        if self.quiet:
            inner = self._course(bins, {"mean": {"avg": {"field": self.fields.time}}})
        else:
            inner = self._course(
                bins, {"lines": {"top_hits": {"size": OF_TRACES, "sort": self._by_trace, **self._wanted}}}
            )
        return {"filter": of(self.fields, sort), "aggs": {"first": first, **self._cells(inner)}}

    @property
    def _by_trace(self) -> list[Body]:
        trace, time = self.fields["trace"].exact, {self.fields.time: {"order": "asc"}}
        return [{trace: {"order": "asc", "missing": "_last"}}, time] if trace else [time]

    async def _rest(self, filters: list[Body], bins: int, each: int) -> list[Row]:
        """Lines drawn at random from every service, severity and stretch of time, `each` standing for its share."""
        drawn = {"lines": {"top_hits": {"size": min(each, HITS), **self._wanted}}}
        body: Body = {"aggs": self._cells(self._course(bins, drawn)), "random": SEED}
        answer = await self._ask(body, self.window, filters)
        with reading(self.store.name):
            return list(self._split(answer.aggregations))

    def _course(self, bins: int, inner: Body) -> Body:
        width = max(1, int(self.window.seconds / bins) + 1)
        course = {"field": self.fields.time, "fixed_interval": f"{width}s", "min_doc_count": 1}
        return {"course": {"date_histogram": course, "aggs": inner}}

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

    def _split(self, found: dict[str, Any], first: Row | None = None) -> Iterator[Row]:
        """The rows of all buckets below; the lines of a bucket share what they stand for."""
        if "first" in found:
            first = next(iter(self._hits(found["first"])), None)
        for place, bucket in enumerate(found.get("course", {}).get("buckets", [])):
            rows = self._hits(bucket["lines"]) if "lines" in bucket else self._mean(bucket, first)
            if place == 0 and first is not None and not self.quiet and rows and _beside(first, rows):
                rows.append(first)
            share, more = divmod(int(bucket["doc_count"]), max(1, len(rows)))
            for number, one in enumerate(rows):
                yield replace(one, stands=share + (number < more))
        for name, role in (("service", "service"), ("level", "severity")):
            for bucket in found.get(name, {}).get("buckets", []):
                key = str(bucket["key"])
                said = meaning(key, self.volumes.by_number) if role == "severity" else key
                yield from self._split(bucket, first and replace(first, **{role: said}))
            if f"no {name}" in found:
                yield from self._split(found[f"no {name}"], first and replace(first, **{role: ""}))

    def _mean(self, bucket: dict[str, Any], first: Row | None) -> list[Row]:
        """The row of a bucket whose lines are not read: when they were written in the mean."""
        if first is None or not int(bucket["doc_count"]):
            return []
        at = float(bucket["mean"]["value"])
        at /= 1e9 if at > 1e15 else 1e3
        name = f"{first.id} {first.service} {first.severity} {bucket['key']}"
        return [replace(first, id=name, at=at, trace="")]

    def _hits(self, found: dict[str, Any]) -> list[Row]:
        hits = [Hit.model_validate(one) for one in found["hits"]["hits"]]
        return [one for one in (row(hit, self.fields) for hit in hits) if one is not None]

    @property
    def _wanted(self) -> Body:
        return self.fields.wanted(*ROLES)

    async def _ask(self, body: Body, window: Window, filters: Sequence[Body] = ()) -> Answer:
        held = [within(self.fields, window), *self.filters, *filters]
        answer = await self.store.search({**body, "track_total_hits": False}, held, self.budget)
        if answer.partial and answer.partial not in self.told:
            self.told.append(answer.partial)
        return answer


def _beside(first: Row, rows: Sequence[Row]) -> bool:
    """Whether the first line of a kind belongs to the bucket of these rows and is none of them."""
    there = all((one.service, one.severity) == (first.service, first.severity) for one in rows)
    return there and all(one.id != first.id for one in rows)
