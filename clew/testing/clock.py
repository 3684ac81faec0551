"""What time is it in a test?"""

import asyncio


class FrozenClock:
    """Time stands still unless somebody sleeps or calls `advance`. Both clocks move together."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Time passes: never backwards."""
        if seconds < 0:
            raise AssertionError(f"a clock was turned back by {-seconds} s")
        self._now += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Somebody set the wall clock, forwards or back; durations do not notice."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
