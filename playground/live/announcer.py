"""Who tells Clew's change feed what went live in the Shop? What a deploy pipeline does at its end."""

import asyncio
import contextlib
from dataclasses import dataclass

import aiohttp

from playground.shop.shop import Deploy, Shop

EVERY_SECONDS = 0.3
PATIENCE = aiohttp.ClientTimeout(total=5.0)


@dataclass
class Announcer:
    """Posts every deploy once it is live, again until it is taken."""

    shop: Shop
    url: str
    token: str
    told: int = 0
    trouble: str = ""

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(timeout=PATIENCE) as client:
            while True:
                while self.told < len(self.shop.deploys) and await self._taken(client, self.shop.deploys[self.told]):
                    self.told += 1
                await asyncio.sleep(EVERY_SECONDS)

    async def _taken(self, client: aiohttp.ClientSession, deploy: Deploy) -> bool:
        body = {
            "id": deploy.id,
            "kind": "deploy",
            "time": deploy.time,
            "service": deploy.service,
            "title": f"deploy {deploy.service} {deploy.version}",
            "version": deploy.version,
            "commit": deploy.commit,
            "author": deploy.author,
            "environment": "production",
        }
        self.trouble = "the change feed does not answer"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            headers = {"Authorization": f"Bearer {self.token}"}
            async with client.post(f"{self.url}/intake/changes", json=body, headers=headers) as response:
                well = response.status == 200
                self.trouble = "" if well else f"{response.status}: {(await response.text())[:200]}"
                return well
        return False
