"""How is one search asked and its answer trusted: held to its indices and terms, bounded, and partial where it was cut short?"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import OpenSearchException
from pydantic import BaseModel, Field, ValidationError

from clew.errors import QueryRejected, SourceError, SourceTimeout, SourceUnavailable

Body = dict[str, Any]
SHARE = 0.8
"""Of the time there is: what is left is for the last answer's way back."""
_STRICT = {"ignore_unavailable": "false", "allow_no_indices": "false"}
"""An index that vanished is an error, not an empty answer."""


class Shards(BaseModel):
    """How many of the parts of the indices answered."""

    total: int = 0
    failed: int = 0


class Total(BaseModel):
    """How many documents matched; with `gte` at least so many."""

    value: int = 0
    relation: str = "eq"


class Hit(BaseModel):
    """One document, as much of it as was asked for."""

    index: str = Field(default="", alias="_index")
    id: str = Field(default="", alias="_id")
    source: dict[str, Any] = Field(default={}, alias="_source")
    fields: dict[str, Any] = {}
    sort: list[Any] = []


class Hits(BaseModel):
    """The documents of an answer."""

    total: Total = Total()
    hits: list[Hit] = []


class Answer(BaseModel):
    """What every search answers with, checked; aggregations are read by who asked for them, inside `reading`."""

    timed_out: bool = False
    terminated_early: bool = False
    """Some servers say so of every count; it counts only where `Store.search` was told a limit."""
    shards: Shards = Field(alias="_shards")
    hits: Hits
    aggregations: dict[str, Any] = {}

    @property
    def partial(self) -> str:
        """Why this is not all that was asked for; empty if it is."""
        if self.shards.failed:
            return f"{self.shards.failed} of {self.shards.total} shards did not answer"
        if self.timed_out:
            return "the search was stopped at its time limit"
        return "the search was stopped at its limit of documents" if self.terminated_early else ""


@dataclass(frozen=True, eq=False)
class Store:
    """Searches of one pattern of indices. Every one is held to `only`, and to the time that `Budget` has left."""

    name: str
    client: AsyncOpenSearch
    index: str
    only: Mapping[str, str]
    seconds: float

    def budget(self) -> "Budget":
        """The time of one question, from now on."""
        return Budget(self.name, asyncio.get_running_loop().time() + self.seconds * SHARE)

    async def search(self, body: Body, filters: Sequence[Body], budget: "Budget", *, pit: str | None = None) -> Answer:
        """The documents that match all `filters` and the terms of the scope. Raises SourceError."""
        sent = {"timeout": f"{max(1, round(budget.left * 1000))}ms", "size": 0, **body}
        sent["query"] = {"bool": {"filter": [*self.held, *filters]}}
        if "random" in sent:
            chosen = {"seed": sent.pop("random"), "field": "_seq_no"}
            sent["query"] = {
                "function_score": {"query": sent["query"], "random_score": chosen, "boost_mode": "replace"}
            }
        if pit is not None:
            sent["pit"] = {"id": pit, "keep_alive": "1m"}
            answer = await self._answered(self.client.search(body=sent), budget)
        else:
            answer = await self._answered(self.client.search(index=self.index, body=sent, params=_STRICT), budget)
        return answer if "terminate_after" in sent else answer.model_copy(update={"terminated_early": False})

    @property
    def held(self) -> list[Body]:
        """What every request is held to."""
        return [{"term": {name: {"value": value}}} for name, value in self.only.items()]

    async def _answered(self, asking: Awaitable[Any], budget: "Budget") -> Answer:
        with reading(self.name):
            async with budget.timed():
                return Answer.model_validate(await asking)

    async def capabilities(self, names: Sequence[str], budget: "Budget") -> dict[str, Any]:
        """Field name -> type -> what it can. Raises SourceError."""
        with reading(self.name):
            async with budget.timed():
                params = {**_STRICT, "fields": ",".join(names)}
                told: Any = await self.client.field_caps(index=self.index, params=params)
                return dict(told["fields"])

    async def pit(self, budget: "Budget") -> str | None:
        """A view of the indices that stays as it is; None where the server has no such thing."""
        with contextlib.suppress(QueryRejected, SourceUnavailable), reading(self.name):
            async with budget.timed():
                params = {"keep_alive": "1m", "allow_partial_pit_creation": "false"}
                made: Any = await self.client.create_pit(index=self.index, params=params)
                return str(made["pit_id"])
        return None  # where nothing answers at all, the search that comes next says so

    async def close_pit(self, pit: str, budget: "Budget") -> None:
        """Lets the server forget the view; one that is not told forgets it by itself after a minute."""
        with contextlib.suppress(SourceError), reading(self.name):
            async with budget.timed():
                await self.client.delete_pit(body={"pit_id": [pit]})


@dataclass(frozen=True)
class Budget:
    """When one question must be answered, on the loop's clock."""

    name: str
    until: float

    @property
    def left(self) -> float:
        """Seconds; never negative."""
        return max(0.0, self.until - asyncio.get_running_loop().time())

    @asynccontextmanager
    async def timed(self) -> AsyncGenerator[None]:
        """A block that must end in time. Raises SourceTimeout."""
        try:
            async with asyncio.timeout_at(self.until):
                yield
        except TimeoutError as error:
            raise SourceTimeout(self.name, "no answer in the time that one question has") from error


@contextmanager
def reading(name: str) -> Generator[None]:
    """Whatever is not shaped as the API says is no answer. Raises SourceUnavailable."""
    try:
        yield
    except (ValidationError, OpenSearchException, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SourceUnavailable(name, "the answer is not one of a search server; is this its address?") from error
    except RecursionError as error:
        raise SourceUnavailable(name, "the answer is nested too deeply, so it was not read") from error
