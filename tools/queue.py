"""Which process runs an incident? Docket decides: in this process (`memory://`) or on any number of machines (`redis://`).

The ledger says what must run; a queue that forgets loses time, not incidents. Jobs run at least once: a worker that dies
is replaced when its lease is over.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from docket import Docket, Worker
from redis.exceptions import RedisError

from clew.errors import Misconfigured, StoreError
from clew.ports import Health

CONCURRENCY = 20
"""At most; the connection pool must stay above it."""
CHECK_INTERVAL = timedelta(milliseconds=10)
REDELIVERY_SECONDS = 30.0
SUBMIT_SECONDS = 5.0
SCHEMES = ("memory", "redis", "rediss", "unix")


class Queue:
    """The Jobs port on docket."""

    def __init__(self, docket: Docket, run: Callable[[str], Awaitable[None]]) -> None:
        async def investigate(incident_id: str) -> None:
            task = asyncio.current_task()
            self._running.add(task)
            try:
                await run(incident_id)
            finally:
                self._running.discard(task)

        self._running: set[asyncio.Task[None] | None] = set()
        self._loop: asyncio.Task[None] | None = None
        self._docket = docket
        self._job = investigate
        self._places = asyncio.Semaphore(CONCURRENCY)
        docket.register(investigate)

    async def submit(self, incident_id: str) -> None:
        """Hands the incident to some worker; dropped while a job of this incident waits or runs. Raises StoreError."""
        try:
            async with asyncio.timeout(SUBMIT_SECONDS), self._places:
                await self._docket.add(self._job, key=incident_id)(incident_id)
        except (RedisError, OSError) as error:
            raise StoreError(f"the queue cannot take incident {incident_id}: {_reason(error)}") from error

    @asynccontextmanager
    async def working(self, worker: Worker) -> AsyncGenerator[None, None]:
        """The worker runs for as long as the block does."""
        loop = self._loop = asyncio.create_task(worker.run_forever(), name="clew queue worker")
        try:
            yield
        finally:
            loop.cancel()
            # the worker would wait for its jobs to end; a job cancelled after its worker stays pending, for another one
            for job in self._running:
                if job is not None:
                    job.cancel()
            await asyncio.wait({loop})

    async def check(self) -> Health:
        """Never raises."""
        try:
            async with asyncio.timeout(SUBMIT_SECONDS), self._docket.redis() as redis:
                await redis.exists("clew")
        except (RedisError, OSError) as error:
            return Health(
                source="queue", ok=False, says=f"{_reason(error)}. Check CLEW_QUEUE__URL and that Redis runs."
            )
        return Health(
            source="queue", ok=True, says="in this process" if self._docket.url.startswith("memory:") else "on Redis"
        )


@asynccontextmanager
async def opened(
    url: str,
    run: Callable[[str], Awaitable[None]],
    *,
    name: str = "clew",
    concurrency: int = CONCURRENCY,
    redelivery: float = REDELIVERY_SECONDS,
) -> AsyncGenerator[Queue, None]:
    """A queue with a worker that calls `run` with each submitted incident's id, at most `concurrency` at once.

    Leaving cancels what runs; on Redis it is delivered again, to any worker, `redelivery` seconds after its last sign of
    life. Raises Misconfigured for a wrong address, StoreError when the queue cannot be reached.
    """
    if url.partition("://")[0] not in SCHEMES or "://" not in url:
        raise Misconfigured("CLEW_QUEUE__URL is no queue. Use memory:// or redis://HOST:PORT/0")
    async with contextlib.AsyncExitStack() as stack:
        docket = await reached(stack, url, name)
        queue = Queue(docket, run)
        worker = worker_of(docket, min(concurrency, CONCURRENCY), redelivery)
        await stack.enter_async_context(worker)
        await stack.enter_async_context(queue.working(worker))
        yield queue


async def reached(stack: contextlib.AsyncExitStack, url: str, name: str) -> Docket:
    """The docket of that name, open for as long as `stack` is. Raises StoreError."""
    # in one process, each opening is its own queue; on Redis the name is what workers have in common
    shared = f"{name}-{uuid.uuid4().hex}" if url.startswith("memory:") else name
    try:
        async with asyncio.timeout(SUBMIT_SECONDS):
            docket = await stack.enter_async_context(Docket(name=shared, url=url, execution_ttl=timedelta(minutes=1)))
            async with docket.redis() as redis:
                await redis.exists("clew")
    except (RedisError, OSError, ValueError) as error:
        raise StoreError(f"the queue cannot be reached: {_reason(error)}. Check CLEW_QUEUE__URL.") from error
    return docket


def worker_of(docket: Docket, at_once: int, redelivery: float) -> Worker:
    """A worker that looks for jobs often; `redelivery` seconds after its last sign of life another one takes over."""
    return Worker(
        docket,
        concurrency=at_once,
        redelivery_timeout=timedelta(seconds=redelivery),
        minimum_check_interval=CHECK_INTERVAL,
        scheduling_resolution=CHECK_INTERVAL,
        schedule_automatic_tasks=False,
    )


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:300]
