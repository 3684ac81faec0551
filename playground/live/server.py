"""Is a server that was started ready, and how is it ended?"""

import asyncio
import contextlib
from asyncio.subprocess import Process
from collections.abc import Awaitable

import aiohttp


async def answers(server: Process, url: str, seconds: float) -> bool:
    """Whether `url` answers 200 within `seconds` while the process lives."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3.0)) as session:
        while server.returncode is None and loop.time() < until:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return True
            await asyncio.sleep(0.05)
    return False


async def ready(server: Process, found: Awaitable[bool]) -> bool:
    """What `found` says; a server that is not ready, or for which nobody waits any longer, is ended."""
    well = False
    try:
        well = await found
    finally:
        if not well:
            await ended(server)
    return well


async def ended(server: Process) -> None:
    """The process is gone; what it still wants to say is drained, or its pipe would outlive it."""
    if server.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
    await server.communicate()
