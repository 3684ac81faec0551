"""How does the official client talk: over our own transport, which bounds, counts and only reads?"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clew.errors import QueryRejected, SourceUnavailable
from tools.transport import Reply, Transport


@dataclass(frozen=True)
class Carried:
    """An answer as the official client hands it out, unread."""

    reply: Reply

    @property
    def response(self) -> "Carried":
        """What a call gives that is asked for its answer unread."""
        return self

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.reply.headers

    @property
    def data(self) -> bytes:
        return self.reply.body

    async def read(self) -> bytes:
        """The body."""
        return self.reply.body


@dataclass(eq=False)
class Carrier:
    """In the place of the official client's own HTTP, whose answers have no bound in bytes."""

    way: Transport
    token_file: Path | None = None
    """Read before each request: the kubelet replaces it every hour or so."""

    async def request(self, method: str, url: str, headers: Mapping[str, str] | None = None, **_: Any) -> Carried:
        """Sends a GET to our address; raises QueryRejected for anything that could change a cluster."""
        if method.upper() != "GET" or not url.startswith(self.way.url + "/"):
            raise QueryRejected(self.way.source, f"{method} is not a question to {self.way.url}, so it was not sent")
        sent = {"Accept": (headers or {}).get("Accept", "application/json"), **await self._rights()}
        return Carried(await self.way.get(url.removeprefix(self.way.url), headers=sent))

    async def close(self) -> None:
        """The transport is closed by who opened it."""

    async def _rights(self) -> dict[str, str]:
        if self.token_file is None:
            return {}
        try:
            token = (await asyncio.to_thread(self.token_file.read_text)).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceUnavailable(self.way.source, f"token_file {self.token_file} cannot be read") from error
        if not token.isprintable():
            raise SourceUnavailable(self.way.source, f"token_file {self.token_file} holds no token")
        self.way.secrets = (*{*self.way.secrets, token},)[-4:]
        return {"Authorization": f"Bearer {token}"}
