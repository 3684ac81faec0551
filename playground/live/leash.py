"""How does work that has started many programs end in good order: by a signal, or with whoever started it?"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")


async def until_signalled(work: Coroutine[Any, Any, Value]) -> Value:
    """What `work` returns; SIGTERM and Ctrl-C cancel it, so that it ends what it started. Raises CancelledError then."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    ends = (signal.SIGTERM, signal.SIGINT)
    for name in ends:
        loop.add_signal_handler(name, task.cancel)
    try:
        return await task
    finally:
        for name in ends:
            loop.remove_signal_handler(name)


async def until_left_alone(work: Coroutine[Any, Any, Value]) -> Value:
    """What `work` returns; it is cancelled when standard input closes, as it does when whoever started this process is gone."""
    task = asyncio.ensure_future(work)
    alone = asyncio.create_task(_left_alone())
    try:
        await asyncio.wait({task, alone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
        return await task
    finally:
        alone.cancel()
        await asyncio.wait({alone})


async def _left_alone() -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        await reader.read()
    finally:
        transport.close()
