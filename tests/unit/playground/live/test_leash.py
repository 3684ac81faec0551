"""Work that started programs cleans up when it is told to end, and when whoever started it is gone."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest

WORK = """
import asyncio
from playground.live.leash import until_left_alone, until_signalled
async def work():
    try:
        print("working", flush=True)
        await asyncio.sleep(60)
    finally:
        print("cleaned up", flush=True)
try:
    asyncio.run({}(work()))
except asyncio.CancelledError:
    print("cancelled", flush=True)
"""


async def started(how: str) -> Process:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WORK.format(how), stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    return process


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_good_order(how: signal.Signals) -> None:
    process = await started("until_signalled")
    process.send_signal(how)
    said, _ = await asyncio.wait_for(process.communicate(), 20)
    assert said.splitlines() == [b"cleaned up", b"cancelled"]


async def test_it_ends_when_its_starter_is_gone() -> None:
    process = await started("until_left_alone")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    said = await asyncio.wait_for(process.stdout.read(), 20)
    await process.wait()
    assert said.splitlines() == [b"cleaned up", b"cancelled"]
