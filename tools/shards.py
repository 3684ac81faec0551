"""Which process reads a part of a large fleet? Docket decides, as it does for incidents, on a queue of its own.

A task runs at least once: a worker that dies is replaced when its lease is over. Answers are kept for a minute.
"""

import asyncio
import base64
import contextlib
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from docket import Docket, Worker
from redis.exceptions import RedisError

from clew.errors import StoreError
from tools.parted import PartTask
from tools.queue import reached, worker_of

AT_ONCE = 2
"""Parts that one process works on at once: each holds its series in memory."""
REDELIVERY_SECONDS = 5.0
Work = Callable[[PartTask], Awaitable[bytes]]


class Shards:
    """Tasks about parts on docket. An investigation that waits for parts holds no place of theirs, so nothing waits for itself."""

    def __init__(self, docket: Docket, work: Work) -> None:
        async def answer(task: str) -> str:
            mine = asyncio.current_task()
            self._running.add(mine)
            try:
                # text, because that is what every result store of docket keeps as it is
                return base64.b64encode(await work(PartTask.model_validate_json(task))).decode()
            finally:
                self._running.discard(mine)

        self._running: set[asyncio.Task[Any] | None] = set()
        self._docket = docket
        self._job = answer
        docket.register(answer)

    async def ask(self, tasks: Sequence[PartTask]) -> tuple[bytes, ...]:
        """The answers in the order of the tasks, whoever gave them. Raises StoreError when the queue cannot be reached."""
        name = uuid.uuid4().hex
        keys = [f"{name}-{place}" for place in range(len(tasks))]
        waiting = set(keys)
        try:
            jobs = [
                await self._docket.add(self._job, key=key)(task.model_dump_json())
                for key, task in zip(keys, tasks, strict=True)
            ]
            answers: list[str] = []
            for key, job in zip(keys, jobs, strict=True):
                answers.append(await job.get_result())
                waiting.discard(key)
        except (RedisError, OSError) as error:
            raise StoreError(f"the queue gave no answer: {str(error).splitlines()[0][:300]}") from error
        finally:
            await self._forget(waiting)
        return tuple(base64.b64decode(answer) for answer in answers)

    async def _forget(self, keys: set[str]) -> None:
        """Nobody waits for these any more: what has not begun need not begin."""
        with contextlib.suppress(RedisError, OSError):
            for key in keys:
                await self._docket.cancel(key)

    @asynccontextmanager
    async def working(self, worker: Worker) -> AsyncGenerator[None]:
        """The worker runs for as long as the block does."""
        loop = asyncio.create_task(worker.run_forever(), name="clew parts worker")
        try:
            yield
        finally:
            loop.cancel()
            # the worker would wait for its jobs to end; one cancelled after its worker stays pending, for another worker
            for job in self._running:
                if job is not None:
                    job.cancel()
            await asyncio.wait({loop})


@asynccontextmanager
async def opened(
    url: str, work: Work, *, name: str = "clew-parts", at_once: int = AT_ONCE, redelivery: float = REDELIVERY_SECONDS
) -> AsyncGenerator[Shards]:
    """A queue of parts with a worker that calls `work`; on Redis all workers of that name share it. Raises StoreError."""
    async with AsyncExitStack() as stack:
        docket = await reached(stack, url, name)
        shards = Shards(docket, work)
        worker = await stack.enter_async_context(worker_of(docket, at_once, redelivery))
        await stack.enter_async_context(shards.working(worker))
        yield shards
