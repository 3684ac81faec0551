"""What do the Shop's visitors do, and how often?"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiohttp

PRODUCTS = 40
GIVES_UP = aiohttp.ClientTimeout(total=8.0)
MOST_AT_ONCE = 400


class Load:
    """Visitors in an open loop: they arrive at `rate` a second whatever the Shop's answers (Poisson arrivals)."""

    def __init__(self, address: str, rate: float, seed: int) -> None:
        self.rate = rate
        self.outcomes: Counter[str] = Counter()
        self._address = address
        self._rng = random.Random(f"{seed}-load")
        self._visits: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send visitors until cancelled."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            try:
                loop = asyncio.get_running_loop()
                due = loop.time()
                while True:
                    due += self._rng.expovariate(self.rate)
                    await asyncio.sleep(max(0.0, due - loop.time()))
                    if len(self._visits) < MOST_AT_ONCE:
                        self._send(client)
                    else:
                        self.outcomes["not sent"] += 1
            finally:
                for visit in self._visits:
                    visit.cancel()
                await asyncio.gather(*self._visits, return_exceptions=True)

    def _send(self, client: aiohttp.ClientSession) -> None:
        visit = asyncio.create_task(self._visit(client, *self._wish()))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    def _wish(self) -> tuple[str, str, Mapping[str, Any]]:
        visitor = f"v{self._rng.randrange(10_000):04d}"
        skus = [self._sku() for _ in range(self._rng.choice((1, 1, 2, 2, 3)))]
        kind = self._rng.random()
        if kind < 0.32:
            return "GET", "/", {}
        if kind < 0.59:
            return "GET", "/product", {"sku": skus[0]}
        if kind < 0.75:
            return "POST", "/basket", {"sku": skus[0], "visitor": visitor}
        return "POST", "/order", {"skus": skus, "visitor": visitor}

    def _sku(self) -> str:
        return f"sku-{self._rng.randint(1, PRODUCTS)}"

    async def _visit(self, client: aiohttp.ClientSession, method: str, path: str, data: Mapping[str, Any]) -> None:
        query = {key: str(value) for key, value in data.items()} if method == "GET" else None
        body = None if method == "GET" else dict(data)
        url = f"{self._address}{path}"
        try:
            async with client.request(method, url, params=query, json=body, timeout=GIVES_UP) as response:
                await response.read()
                self.outcomes[str(response.status)] += 1
        except (TimeoutError, aiohttp.ClientError) as error:
            self.outcomes[type(error).__name__] += 1
