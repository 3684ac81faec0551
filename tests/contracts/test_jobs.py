"""Do the immediate queue, the one in this process and the one on Redis keep the same promises?"""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from clew.errors import Misconfigured, StoreError
from clew.ports import Jobs
from clew.testing import ImmediateJobs
from tools.queue import opened

ROOT = Path(__file__).parents[2]
Run = Callable[[str], Awaitable[None]]
Opened = Callable[[Run], AbstractAsyncContextManager[Jobs]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


REDIS = pytest.param("redis", marks=pytest.mark.needs("redis-server"))


@pytest.fixture(params=["immediate", "memory", REDIS])
def jobs(request: pytest.FixtureRequest) -> Opened:
    if request.param == "immediate":

        @asynccontextmanager
        async def immediate(run: Run) -> AsyncGenerator[Jobs, None]:
            yield ImmediateJobs(run)

        return immediate
    url = "memory://" if request.param == "memory" else request.getfixturevalue("redis_url")
    return lambda run: opened(url, run)


class Work:
    """Counts what ran, and lets a test wait for it."""

    def __init__(self, *, gate: asyncio.Event | None = None) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self._gate = gate
        self._changed = asyncio.Condition()

    async def __call__(self, incident_id: str) -> None:
        self.started.append(incident_id)
        async with self._changed:
            self._changed.notify_all()
        if self._gate:
            await self._gate.wait()
        self.ended.append(incident_id)
        async with self._changed:
            self._changed.notify_all()

    async def until(self, started: int = 0, ended: int = 0) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.started) >= started and len(self.ended) >= ended)


async def test_each_incident_runs_once(jobs: Opened) -> None:
    work = Work()
    async with jobs(work) as queue:
        await asyncio.gather(*(queue.submit(f"i{n}") for n in range(60)))
        await work.until(ended=60)
    assert sorted(work.ended) == sorted(f"i{n}" for n in range(60))


async def test_a_pending_incident_is_not_queued_twice(jobs: Opened) -> None:
    gate = asyncio.Event()
    work = Work(gate=gate)
    async with jobs(work) as queue:
        submits = [asyncio.create_task(queue.submit("i1")) for _ in range(5)]
        await work.until(started=1)
        submits += [asyncio.create_task(queue.submit("i1")) for _ in range(5)]
        submits.append(asyncio.create_task(queue.submit("i2")))
        await work.until(started=2)
        gate.set()
        await asyncio.gather(*submits)
        await work.until(ended=2)
    assert sorted(work.started) == ["i1", "i2"]


async def test_an_incident_that_ended_can_run_again(jobs: Opened) -> None:
    work = Work()
    async with jobs(work) as queue:
        await queue.submit("i1")
        await work.until(ended=1)
        for _ in range(200):  # a moment passes between the end of the work and its acknowledgement
            await queue.submit("i1")
            if len(work.ended) > 1:
                break
            await asyncio.sleep(0.02)
    assert len(work.ended) >= 2


@pytest.fixture(params=["memory", REDIS])
def queue_url(request: pytest.FixtureRequest) -> str:
    return "memory://" if request.param == "memory" else request.getfixturevalue("redis_url")


async def test_one_that_fails_does_not_stop_the_others(queue_url: str) -> None:
    done = asyncio.Event()

    async def run(incident_id: str) -> None:
        if incident_id == "bad":
            raise ValueError("broken")
        done.set()

    async with opened(queue_url, run) as queue:
        await queue.submit("bad")
        await queue.submit("good")
        await asyncio.wait_for(done.wait(), 20)
        assert (await queue.check()).ok


VICTIM = """
import asyncio, sys
from tools.queue import opened
async def run(incident_id):
    print(incident_id, flush=True)
    await asyncio.Event().wait()
async def main(url):
    async with opened(url, run, redelivery=1.0) as queue:
        await queue.submit("i1")
        await asyncio.Event().wait()
asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.needs("redis-server")
async def test_a_killed_workers_job_is_delivered_again(redis_url: str) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, redis_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"i1\n"
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    work = Work()
    async with opened(redis_url, work, redelivery=1.0):
        await work.until(ended=1)
    assert work.ended == ["i1"]


async def test_leaving_cancels_what_runs(jobs: Opened) -> None:
    work = Work(gate=asyncio.Event())
    async with asyncio.timeout(10), jobs(work) as queue:
        submit = asyncio.create_task(queue.submit("i1"))
        await work.until(started=1)
        submit.cancel()
        await asyncio.gather(submit, return_exceptions=True)
    assert work.ended == []


@pytest.mark.needs("redis-server")
async def test_what_was_left_is_taken_up_by_the_next_worker(redis_url: str) -> None:
    left = Work(gate=asyncio.Event())
    async with opened(redis_url, left, redelivery=1.0) as queue:
        await queue.submit("i1")
        await left.until(started=1)
    work = Work()
    async with opened(redis_url, work, redelivery=1.0):
        await work.until(ended=1)
    assert (left.ended, work.ended) == ([], ["i1"])


@pytest.mark.needs("redis-server")
async def test_a_lost_redis_is_a_store_error(redis_url: str) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(StoreError, match="CLEW_QUEUE__URL"):
        async with opened(nowhere, Work()):
            pass
    async with opened(redis_url, Work()) as queue:
        assert (await queue.check()).says == "on Redis"


@pytest.mark.parametrize("wrong", ["", "redis", "amqp://x", "memory"])
async def test_a_wrong_queue_address_names_its_setting(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="CLEW_QUEUE__URL"):
        async with opened(wrong, Work()):
            pass
