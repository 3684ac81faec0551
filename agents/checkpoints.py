"""Where do investigations rest between their steps, and which classes may come back out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel

from agents.state import Look, State

Value = TypeVar("Value")
SCHEMA = "1"
"""Goes up when an old checkpoint may no longer be read; an investigation of an older schema starts afresh."""


def thread(incident_id: str) -> RunnableConfig:
    """Where the checkpoints of one incident are kept."""
    return {"configurable": {"thread_id": f"{SCHEMA}:{incident_id}"}}


def classes(*roots: Any) -> frozenset[type]:
    """Every model and enumeration that the annotations of `roots` reach: the only classes a checkpoint may name."""
    seen: set[type] = set()
    waiting = list(roots)
    while waiting:
        hint = waiting.pop()
        waiting.extend(get_args(hint))
        if not isinstance(hint, type) or hint in seen:
            continue
        if issubclass(hint, Enum):
            seen.add(hint)
        elif issubclass(hint, BaseModel):
            seen.add(hint)
            waiting.extend(_fields(hint))
        elif hasattr(hint, "__total__"):
            waiting.extend(get_type_hints(hint).values())
    return frozenset(seen)


def _fields(model: type[BaseModel]) -> Iterator[Any]:
    for field in model.model_fields.values():
        yield field.annotation


def serializer() -> JsonPlusSerializer:
    """Reads back nothing but our own types, whatever the environment says."""
    return JsonPlusSerializer(allowed_msgpack_modules=tuple(classes(State, Look)))


class SteadySaver(AsyncSqliteSaver):
    """A write that has begun is finished even if its run is cancelled: a transaction left open would lock everybody else out."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__(connection, serde=serializer())
        self._writing: set[asyncio.Future[Any]] = set()

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await self._finished(super().aput(config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await self._finished(super().aput_writes(config, writes, task_id, task_path))

    async def _finished(self, write: Awaitable[Value]) -> Value:
        task = asyncio.ensure_future(write)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def drained(self) -> None:
        """Waits for every write that is under way."""
        await asyncio.gather(*self._writing, return_exceptions=True)


@asynccontextmanager
async def opened(path: Path | str) -> AsyncGenerator[AsyncSqliteSaver]:
    """The saver over one SQLite file (`:memory:` for none); the folder is made if it is missing."""
    if str(path) != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA busy_timeout = 5000")
        saver = SteadySaver(connection)
        await saver.setup()
        try:
            yield saver
        finally:
            await saver.drained()
